import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'

const root = path.resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-probe-'))
const file = (name: string): string => path.join(folder, name)
const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`)
  response.writeHead(request.url === '/users' ? 200 : 404, { 'content-type': 'application/json' }).end('[{"id":1}]')
})

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  writeFileSync(
    file('portcullis.yaml'),
    `version: 1
listeners: [{ name: local, address: 127.0.0.1:8080 }]
services: { shop: { targets: ["http://127.0.0.1:${(server.address() as AddressInfo).port}"] } }
routes: [{ name: all, match: { path: /** }, service: shop, policies: [{ use: jwt, with: { issuer: https://idp.example.com/, audience: shop, jwks: https://idp.example.com/jwks } }] }]
`,
  )
  writeFileSync(
    file('shop.yaml'),
    'openapi: 3.1.0\ninfo: { title: Shop, version: "1" }\npaths: { /users: { get: { responses: { 200: { description: all } } } } }\n',
  )
})
after(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

function portcullis(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(root, 'src/cli/main.ts'), 'posture', ...args], {
      cwd: folder,
      env: { ...process.env, ADA: 'canary-token', BROKEN: 'a\nb', EMPTY: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}

test('what is not configured is not asked, and credentials are references', async () => {
  const cases: Array<[args: string[], words: RegExp]> = [
    [
      ['--target', 'http://127.0.0.1:1'],
      /has no service, target or listener http:\/\/127\.0\.0\.1:1; it has shop, listener:local/,
    ],
    [['--identity', 'ada=Authorization: Bearer canary-token'], /--identity is NAME='FIELD: env:VARIABLE'/],
    [['--identity', 'ada=Authorization: Bearer env:NOBODY'], /env:NOBODY holds nothing/],
    [['--identity', 'ada=Authorization: env:BROKEN'], /env:BROKEN holds no value of a header field/],
    [['--value', 'id=../../etc'], /--value is NAME=VALUE/],
    [['--rate', '1000'], /must be a number from 0\.1 to 50/],
    [['--config', 'gone.yaml'], /gone\.yaml/],
  ]
  for (const [args, words] of cases) {
    const { code, stdout, stderr } = await portcullis('probe', ...args)
    assert.deepEqual([code, stdout], [1, ''], args.join(' '))
    assert.match(stderr, words)
    assert.ok(!stderr.includes('canary'), stderr)
  }
  assert.deepEqual(asked, [])
})

test('findings are told, and join the assessment by way of a report', async () => {
  const openapi = ['--openapi', 'shop=shop.yaml']
  const { code, stdout, stderr } = await portcullis(
    'probe',
    ...openapi,
    '--rate',
    '50',
    '--identity',
    'ada=Authorization: Bearer env:ADA',
    '--report',
    'probe.json',
  )
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^\d+ requests asked\n {2}http:\/\/127\.0\.0\.1:\d+: /)
  assert.match(stdout, /imported:probe\/missing-authentication +shop GET \/users is answered without a credential/)
  assert.ok(asked.includes('GET /users'))
  const { stdout: text } = await portcullis(
    '--json',
    '--config',
    'portcullis.yaml',
    ...openapi,
    '--import',
    'probe.json',
  )
  const { findings } = JSON.parse(text) as { findings: Array<{ subject: string; evidence: string[] }> }
  const joined = findings.find(({ evidence }) =>
    evidence.some(line => line.startsWith('probe missing-authentication: ')),
  )
  assert.equal(joined?.subject, 'shop GET /users')
  assert.ok(!text.includes('canary'))
})
