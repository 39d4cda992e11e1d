import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'

const root = path.resolve(import.meta.dirname, '../..')
const orders = 'examples/orders/portcullis.yaml'

/** Runs the command line as a process of its own. */
function portcullis(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['src/cli/main.ts', ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}

interface Explained {
  readonly outcome: string
  readonly status: number | null
  readonly code: string | null
  readonly policy: string | null
  readonly reason: string | null
  readonly route: { readonly name: string } | null
  readonly chain: ReadonlyArray<{ readonly use: string; readonly at: { readonly file: string; readonly line: number } }>
  readonly observed: ReadonlyArray<{ readonly policy: string; readonly code: string }>
}

async function explained(...args: string[]): Promise<Explained> {
  const { stdout, stderr } = await portcullis('explain', '--json', ...args)
  assert.equal(stderr, '')
  return JSON.parse(stdout) as Explained
}

test('check refuses a broken configuration with exit code 1 and every place', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-cli-'))
  try {
    const file = path.join(folder, 'portcullis.yaml')
    writeFileSync(file, 'version: 1\nlisteners: [{ name: a, address: 127.0.0.1:1 }]\nroute: []\nworkers: 0\n')
    const { code, stdout, stderr } = await portcullis('check', '--config', file)
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /portcullis\.yaml:3:1 \/route: unknown key\n {4}hint: did you mean routes\?/)
    assert.match(stderr, /portcullis\.yaml:4:10 \/workers: /)
    assert.match(stderr, /2 problems/)
    const json = await portcullis('check', '--config', file, '--json')
    assert.equal(json.code, 1)
    assert.deepEqual(
      (JSON.parse(json.stdout) as { issues: { pointer: string }[] }).issues.map(issue => issue.pointer),
      ['/route', '/workers'],
    )
    const gone = await portcullis('check', '--config', path.join(folder, 'gone.yaml'))
    assert.equal(gone.code, 1)
    assert.match(gone.stderr, /no such file/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a mistake on the command line is said in words, without a stack', async () => {
  for (const args of [
    ['chekc'],
    ['explain', 'GET', 'nowhere', '--config', orders],
    ['explain', 'GET', '/orders', '--config', orders, '--as', '{'],
    ['explain', 'GET', '/orders', '--config', orders, '-H', 'nonsense'],
  ]) {
    const { code, stderr } = await portcullis(...args)
    assert.equal(code, 1, args.join(' '))
    assert.doesNotMatch(stderr, /\n {4}at /, args.join(' '))
    assert.notEqual(stderr, '')
  }
})

test('check refuses a detector that does not exist and settings that a detector does not know', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-check-'))
  const listeners = [{ name: 'a', address: '127.0.0.1:1' }]
  const withDetectors = async (detectors: object) => {
    const file = path.join(folder, 'portcullis.yaml')
    writeFileSync(
      file,
      JSON.stringify({ version: 1, stateDir: folder, listeners, insight: { detection: { detectors } } }),
    )
    const { code, stdout } = await portcullis('check', '--config', file, '--json')
    const { ok, issues } = JSON.parse(stdout) as { ok: boolean; issues?: ReadonlyArray<{ pointer: string }> }
    return { code, ok, pointers: issues?.map(({ pointer }) => pointer) }
  }
  try {
    const wrong = await withDetectors({ 'object-flow': { with: { ids: 1 } }, volume: { with: { nope: 1 } }, flow: {} })
    const at = '/insight/detection/detectors'
    const pointers = [`${at}/object-flow/with/ids`, `${at}/volume/with`, `${at}/flow`]
    assert.deepEqual(
      { ...wrong, pointers: wrong.pointers?.toSorted() },
      { code: 1, ok: false, pointers: pointers.toSorted() },
    )
    assert.equal((await withDetectors({ 'object-flow': { with: { ids: 5000 } } })).ok, true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('check shows listeners, routes and their chains', async () => {
  const { code, stdout } = await portcullis('check', '--config', orders)
  assert.equal(code, 0)
  assert.match(
    stdout,
    /place-order +POST \/orders +→ orders +ip, rate-limit \(per-address\), jwt, require, rate-limit, json-schema, headers/,
  )
  assert.match(stdout, /is valid: 1 listener, 1 service, 4 routes/)
})

test('explain gives the route, the chain with its places, and the verdict of the real pipeline', async () => {
  const missing = await explained('GET', '/orders/7', '--config', orders)
  assert.deepEqual([missing.outcome, missing.status, missing.code], ['refused', 401, 'credential-missing'])
  assert.deepEqual(
    missing.chain.map(entry => entry.use),
    ['ip', 'rate-limit', 'jwt', 'require', 'rate-limit', 'headers'],
  )
  assert.deepEqual(
    missing.chain.map(entry => entry.at.line),
    [25, 26, 17, 34, 35, 27],
  )

  const denied = await explained('GET', '/orders/7', '--config', orders, '--from', '203.0.113.9')
  assert.deepEqual([denied.policy, denied.status], ['ip', 403])
  const unscoped = await explained('GET', '/orders/7', '--config', orders, '--as', 'ann')
  assert.deepEqual([unscoped.policy, unscoped.code], ['require', 'forbidden'])
  const good = await explained(
    'GET',
    '/orders/7',
    '--config',
    orders,
    '--as',
    '{"subject":"ann","scopes":["orders.read"]}',
  )
  assert.deepEqual([good.outcome, good.route?.name], ['forwarded', 'read-orders'])

  const writer = [
    '--config',
    orders,
    '--as',
    '{"subject":"ann","scopes":["orders.write"]}',
    '-H',
    'Content-Type: application/json',
    '--body',
  ]
  const invalid = await explained('POST', '/orders', ...writer, '{"customer":"x","items":[]}')
  assert.deepEqual([invalid.policy, invalid.status], ['json-schema', 422])
  const valid = await explained('POST', '/orders', ...writer, '{"customer":"x","items":[{"sku":"ABC","quantity":1}]}')
  assert.equal(valid.outcome, 'forwarded')
})

test('explain says why no route answers', async () => {
  const nowhere = await explained('GET', 'http://any.test/nothing', '--config', orders)
  assert.deepEqual([nowhere.status, nowhere.code, nowhere.route], [404, 'no-route', null])
  const method = await explained('PATCH', '/orders', '--config', orders)
  assert.deepEqual([method.status, method.code], [405, 'method-not-allowed'])
  assert.match(method.reason ?? '', /GET/)
  const elsewhere = await explained('GET', '/invoices/7', '--config', 'test/support/two-hosts.yaml')
  assert.match(elsewhere.reason ?? '', /\*\.partners\.test has route invoices/)
  const dots = await explained('GET', '/orders/../health', '--config', orders)
  assert.deepEqual([dots.status, dots.code], [400, 'ambiguous-path'])
})

test('explain in words names the file and line of every entry', async () => {
  const { stdout } = await portcullis('explain', 'GET', '/health', '--config', orders)
  assert.match(stdout, /route health +GET \/health +\(examples\/orders\/portcullis\.yaml:53\)/)
  assert.match(stdout, /identify +anonymous +route +examples\/orders\/portcullis\.yaml:58/)
  assert.match(stdout, /passes, and is forwarded to orders/)
})
