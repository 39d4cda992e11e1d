import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { startWorld } from './world.ts'

const routes = `routes:
  - name: inspected
    match: { path: /** }
    service: origin
    limits: { bufferedBody: 16KiB }
    policies:
      - { use: anonymous }
      - { use: json-schema, with: { request: { type: object } } }
`

test('a body that is held cannot be dripped in for as long as one likes', { timeout: 60_000 }, async () => {
  await using world = await startWorld(routes, { top: 'workers: 1', listener: 'limits: { progressTimeout: 1s }' })
  const socket = connect(world.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write('POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 16000\r\n\r\n')
  // Never silent for as long as the progress timeout: the whole would take an hour.
  const drip = setInterval(() => socket.write(' '), 250)
  try {
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(20_000) })) as [Buffer]
    assert.match(answer.toString(), /^HTTP\/1\.1 408 /)
  } finally {
    clearInterval(drip)
    socket.destroy()
  }
  assert.deepEqual(world.seen, [])
})
