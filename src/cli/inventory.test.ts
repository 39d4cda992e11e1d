import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { readMarkdown } from '../../test/support/markdown.ts'

const root = path.resolve(import.meta.dirname, '../..')
const example = 'examples/inventory'
const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-inventory-'))
after(() => rmSync(folder, { recursive: true }))

function run(
  command: string,
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}

const portcullis = (...args: string[]) => run(process.execPath, ['src/cli/main.ts', ...args])

test('says what is wrong with the command line in words, exit code 1', async () => {
  const broken = path.join(folder, 'broken.yaml')
  writeFileSync(broken, 'swagger: "2.0"')
  const cases: Array<[args: string[], words: RegExp]> = [
    [['list'], /name files to learn from, --state/],
    [['list', 'nowhere.ndjson'], /cannot read nowhere\.ndjson/],
    [['list', `${example}/pods.json`, '--state', folder], /not both/],
    [['list', '--state', folder], /nothing was learnt in .*state\.sqlite/],
    [['list', '--openapi', broken], /version 2\.0; 3\.0, 3\.1 and 3\.2 are read/],
    [['list', `${example}/calls.ndjson`, '--kubernetes', broken], /holds no pod or service/],
    [['show', 'PATCH', `${example}/calls.ndjson`], /there is no operation PATCH/],
    [['show', 'orders', `${example}/calls.ndjson`], /operations have orders in them/],
    [['export', `${example}/calls.ndjson`, '--service', 'none'], /there is no service none; there are shop/],
    [['export', `${example}/calls.ndjson`, '--policy'], /--policy needs --config/],
    [['export', '--openapi', `${example}/shop.yaml`], /nothing to export/],
    [['edit', 'paint', 'shop', '--state', path.join(folder, 'x'), '--reason', 'r'], /there is no edit paint/],
    [
      ['edit', 'state', 'shop GET /', 'dead', '--state', path.join(folder, 'x'), '--reason', 'r'],
      /one of design, live/,
    ],
    [['edit', 'undo', '7', '--state', path.join(folder, 'x'), '--reason', 'r'], /nothing was learnt in .*x/],
    [['edit', 'pin', 'shop', '/a', '--state', path.join(folder, 'x')], /required option '--reason/],
  ]
  for (const [args, words] of cases) {
    const { code, stdout, stderr } = await portcullis('inventory', ...args)
    assert.equal(code, 1, args.join(' '))
    assert.match(stderr, words)
    assert.equal(stdout, '')
  }
})

test('the page about the inventory says what its commands print', async () => {
  const { blocks } = readMarkdown(path.join(root, 'docs/inventory.md'))
  const state = path.join(folder, 'insight')
  let commands = 0
  for (const { text, language, line } of blocks) {
    if (language !== 'console') continue
    for (const [command = '', ...expected] of text
      .split(/^\$ /m)
      .slice(1)
      .map(part => part.trimEnd().split('\n'))) {
      const { stdout, stderr } = await run('bash', [
        '-c',
        command.replace('./portcullis', `${process.execPath} src/cli/main.ts`).replaceAll('state/insight', state),
      ])
      assert.equal(stderr, '', command)
      const seen = stdout.replaceAll(state, 'state/insight').trimEnd()
      assert.equal(seen, expected.join('\n'), `docs/inventory.md:${line} ${command}`)
      commands++
    }
  }
  assert.ok(commands >= 9, `${commands} commands`)
})

test('the routes that are printed pass check beside the configuration, let the calls through and refuse others', async () => {
  const configuration = mkdtempSync(path.join(folder, 'config-'))
  copyFileSync(path.join(root, example, 'portcullis.yaml'), path.join(configuration, 'a.yaml'))
  const { stdout } = await portcullis('inventory', 'export', `${example}/calls.ndjson`, '--policy', '-c', configuration)
  writeFileSync(path.join(configuration, 'b.yaml'), stdout)
  const checked = await portcullis('check', '-c', configuration)
  assert.equal(checked.code, 0, checked.stderr)
  const body = { sku: 'tea-green', quantity: 2, contact: { email: 'ada@example.com' } }
  const explained = async (
    method: string,
    sent: unknown,
  ): Promise<{ code: string | null; route: { name: string } }> => {
    const args = ['explain', method, '/api/orders', '-c', configuration, '--as', 'ada', '--json']
    const { stdout: text } = await portcullis(
      ...args,
      '-H',
      'Content-Type: application/json',
      '--body',
      JSON.stringify(sent),
    )
    return JSON.parse(text) as { code: string | null; route: { name: string } }
  }
  const good = await explained('POST', body)
  assert.deepEqual([good.code, good.route.name], [null, 'post-api-orders'])
  for (const bad of [
    { ...body, admin: true },
    { ...body, quantity: 'two' },
    { ...body, sku: "' or 1=1 --" },
    { sku: 'tea-green', quantity: 2 },
    { ...body, contact: { email: 'nobody' } },
  ])
    assert.equal((await explained('POST', bad)).code, 'body-invalid', JSON.stringify(bad))
  assert.equal((await explained('GET', body)).code, 'body-too-large')
})

test('what a program reads is the same, from files and from a state', async () => {
  const state = path.join(folder, 'programs')
  assert.equal((await portcullis('replay', `${example}/calls.ndjson`, '--state', state, '--json')).code, 0)
  const [files, kept] = await Promise.all([
    portcullis('inventory', `${example}/calls.ndjson`, '--json'),
    portcullis('inventory', '--state', state, '--json'),
  ])
  const fromFiles = JSON.parse(files.stdout) as { operations: unknown[] }
  assert.equal(fromFiles.operations.length, 6)
  assert.deepEqual(JSON.parse(kept.stdout), fromFiles)
  const shown = await portcullis('inventory', 'show', 'POST', '--state', state, '--json')
  assert.deepEqual(
    JSON.parse(shown.stdout),
    (fromFiles.operations as Array<{ method: string }>).find(({ method }) => method === 'POST'),
  )
  const document = await portcullis('inventory', 'export', '--state', state, '--format', 'json')
  assert.equal((JSON.parse(document.stdout) as { openapi: string }).openapi, '3.1.0')
})

test('documents that the configuration names are compared without being named again, and once when they are', async () => {
  copyFileSync(path.join(root, example, 'shop.yaml'), path.join(folder, 'shop.yaml'))
  const config = path.join(folder, 'documented.yaml')
  const plain = readFileSync(path.join(root, example, 'portcullis.yaml'), 'utf8')
  writeFileSync(config, plain.replace(/^( +)targets:/m, '$1openapi: file:shop.yaml\n$1targets:'))
  const changes = async (...args: string[]) => {
    const { code, stdout, stderr } = await portcullis(
      'inventory',
      'changes',
      `${example}/calls.ndjson`,
      '--json',
      ...args,
    )
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout) as { operations: unknown[]; documents: unknown[] }
  }
  const named = await changes('-c', `${example}/portcullis.yaml`, '--openapi', `shop=${example}/shop.yaml`)
  const configured = await changes('-c', config)
  assert.deepEqual(configured.operations, named.operations)
  assert.deepEqual(
    [configured.documents.length, (await changes('-c', config, '--openapi', `${example}/shop.yaml`)).documents.length],
    [1, 1],
  )
})
