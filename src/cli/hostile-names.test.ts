import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { parse } from 'yaml'
import { portcullis } from '../../test/support/command.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-hostile-'))
after(() => rmSync(folder, { recursive: true }))

/** Clears the screen in two ways, colours, turns text around, rings. */
const moving = '\u009b2J\u001b[31m\u202e\u0007'
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u202a-\u202e]/

before(() => {
  const lines = Array.from({ length: 30 }, (_, i) => ({
    time: `2026-11-22T10:${String(i).padStart(2, '0')}:00Z`,
    id: `e${i}`,
    method: 'POST',
    url: `https://api.example.com/orders/${i}${moving}x?dry${moving}=1`,
    client: '192.0.2.7',
    service: `shop${moving}`,
    route: `r${moving}`,
    status: i % 2 === 0 ? 200 : 500,
    durationMs: 4,
    principal: { subject: `jane${moving}`, method: 'jwt', issuer: `iss${moving}` },
    request: {
      headers: { 'content-type': 'application/json', 'x-own': moving },
      body: JSON.stringify({ [`sku${moving}`]: `A${moving}`, password: 'hunter2hunter2' }),
    },
    response: { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ [`id${moving}`]: i }) },
  }))
  writeFileSync(path.join(folder, 'calls.ndjson'), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  writeFileSync(path.join(folder, `broken\u009b2J.ndjson`), '{"time":"2026-11-22T10:00:00Z","method":"GET"}\n')
  writeFileSync(
    path.join(folder, 'portcullis.yaml'),
    `version: 1
listeners: [{ name: local, address: 127.0.0.1:8080 }]
services: { shop: { targets: ["http://127.0.0.1:3000"] } }
routes:
  - { name: orders, match: { path: /** }, service: shop, policies: [{ use: anonymous }] }
`,
  )
})

test('whatever strangers call things, no command shows a terminal what it would obey', async () => {
  const calls = 'calls.ndjson'
  const commands: ReadonlyArray<readonly string[]> = [
    ['replay', calls],
    ['replay', calls, '--json'],
    ['inventory', calls],
    ['inventory', 'export', calls],
    ['posture', calls],
    ['posture', calls, '--format', 'json'],
    ['posture', calls, '--format', 'sarif'],
    ['posture', calls, '--format', 'markdown'],
    ['surface', calls, '--config', 'portcullis.yaml'],
    ['surface', calls, '--config', 'portcullis.yaml', '--json'],
    ['incidents', calls],
    ['baselines', calls, '--json'],
    ['incidents', `broken\u009b2J.ndjson`],
  ]
  let shown = 0
  for (const args of commands) {
    const { code, stdout, stderr } = await portcullis(folder, args, 512)
    assert.equal(code, args[1] === calls || args[2] === calls ? 0 : 1, `${args.join(' ')}: ${stderr}`)
    assert.doesNotMatch(stdout + stderr, obeyed, args.join(' '))
    shown += stdout.includes('\\u009b') ? 1 : 0
  }
  // Else nothing hostile was shown at all, and the test says nothing.
  assert.ok(shown >= 6, String(shown))
})

test('a document that is exported still says what the traffic said', async () => {
  const { stdout } = await portcullis(folder, ['inventory', 'export', 'calls.ndjson'], 512)
  assert.equal((parse(stdout) as { info: { title: string } }).info.title, `shop${moving}`)
})
