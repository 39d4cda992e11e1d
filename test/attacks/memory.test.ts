import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { startWorld } from './world.ts'

const inspected = `routes:
  - name: inspected
    match: { path: /** }
    service: origin
    policies:
      - { use: anonymous }
      - { use: json-schema, with: { request: { type: object } } }
`

test('bodies in one-byte chunks cost about their size in memory, not a hundred times it', {
  skip: process.platform !== 'linux' && 'reads /proc',
}, async () => {
  await using world = await startWorld(inspected, { top: 'workers: 1' })
  const before = rssMb(world.gateway.pid)
  const bodies = 6
  const head =
    'POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n'
  // The answer comes when 6 MB were worked through, however long that takes here, and ends the connection.
  // 1 MB each, just below the limit of a buffered body, 6 MB on the wire.
  const body = `${'1\r\n \r\n'.repeat(1_000_000)}0\r\n\r\n`
  const answers = await Promise.all(Array.from({ length: bodies }, () => world.raw(head + body, 60_000)))
  for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 (?:400|413) /)
  const grown = rssMb(world.gateway.pid) - before
  // Without blocks: 110 MB for each of them.
  assert.ok(grown < 250, `${bodies} bodies of 1 MB took ${grown} MB`)
})

function rssMb(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}
