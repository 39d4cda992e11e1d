import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { readMarkdown } from '../../test/support/markdown.ts'

const root = path.resolve(import.meta.dirname, '../..')
const example = 'examples/surface'
const calls = `${example}/calls.ndjson`
const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-surface-'))
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

function copied(name: string): string {
  const file = path.join(folder, name)
  copyFileSync(path.join(root, example, 'portcullis.yaml'), file)
  return file
}

test('says what is wrong with the command line in words, exit code 1', async () => {
  const config = copied('a.yaml')
  const cases: Array<[args: string[], words: RegExp]> = [
    [[calls, '-c', 'nowhere.yaml'], /cannot read the configuration/],
    [[calls, '-c', config, '--young', 'soon'], /must be a number of days/],
    [[calls, '-c', config, '--enforced', 'nowhere.json'], /cannot read nowhere\.json/],
    [[calls, '-c', config, '--enforced', calls], /is neither a ruleset of nft -j nor objects of a cluster/],
    [[calls, '-c', config, '--write', '/tmp/elsewhere/b.yaml'], /write it beside/],
    [[calls, '-c', config, '--write', config], /cannot write .* \(EEXIST\)/],
  ]
  for (const [args, words] of cases) {
    const { code, stdout, stderr } = await portcullis('surface', ...args)
    assert.equal(code, 1, args.join(' '))
    assert.match(stderr, words)
    assert.equal(stdout, '')
  }
})

test('the page about posture says what surface prints', async () => {
  const { blocks } = readMarkdown(path.join(root, 'docs/posture.md'))
  let commands = 0
  for (const { text, language, line } of blocks) {
    if (language !== 'console' || !text.startsWith('$ ./portcullis surface')) continue
    const [command = '', ...expected] = text.slice(2).trimEnd().split('\n')
    const { stdout, stderr } = await run('bash', [
      '-c',
      command.replace('./portcullis', `${process.execPath} src/cli/main.ts`),
    ])
    assert.equal(stderr, '', command)
    assert.equal(stdout.trimEnd(), expected.join('\n'), `docs/posture.md:${line}`)
    commands++
  }
  assert.equal(commands, 3)
})

test('writes the configuration with the patch in it: it loads, keeps its comments, and is right the second time', async () => {
  const config = copied('b.yaml')
  const target = path.join(folder, 'c.yaml')
  const { code, stderr } = await portcullis('surface', calls, '-c', config, '--write', target)
  assert.equal(code, 0, stderr)
  const text = readFileSync(target, 'utf8')
  assert.match(text, /^# A shop for partners/)
  assert.match(text, /sha256: a{64}/)
  assert.equal((await portcullis('check', '-c', target)).code, 0)
  const explain = (who: string, method: string, where: string) =>
    portcullis(
      'explain',
      method,
      where,
      '-c',
      target,
      '--as',
      JSON.stringify({ method: 'api-key', subject: who }),
      '--json',
    )
  for (const [who, method, where, outcome] of [
    ['acme', 'POST', '/orders', 'forwarded'],
    ['bolt', 'GET', '/orders/4711', 'forwarded'],
    ['bolt', 'POST', '/orders', 'refused'],
    ['cord', 'GET', '/prices', 'refused'],
    ['acme', 'PUT', '/returns/7', 'refused'],
  ] as const) {
    const said = JSON.parse((await explain(who, method, where)).stdout) as { outcome: string }
    assert.equal(said.outcome, outcome, `${who} ${method} ${where}`)
  }
  const again = await portcullis('surface', calls, '-c', target)
  assert.match(again.stdout, /Every permission is used\.|0 permissions never used/)
})

test('what callers call themselves does not reach the terminal, nor end a comment of the patch', async () => {
  const evil = 'acme\u001b[2J\nroutes: []\n#'
  const file = path.join(folder, 'evil.ndjson')
  const lines = readFileSync(path.join(root, calls), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { principal: object; path: string })
    .map(event => ({ ...event, principal: { subject: evil, method: 'jwt', issuer: `i\n${evil}` } }))
  writeFileSync(file, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  const config = path.join(folder, 'jwt.yaml')
  writeFileSync(
    config,
    JSON.stringify({
      version: 1,
      listeners: [{ name: 'l', address: '127.0.0.1:1' }],
      services: { shop: { targets: ['http://127.0.0.1:2'] } },
      routes: [
        {
          name: 'r',
          match: { path: '/**' },
          service: 'shop',
          policies: [{ use: 'jwt', with: { issuer: `i\n${evil}`, audience: 'a', jwks: 'https://i.example/' } }],
        },
      ],
    }),
  )
  for (const flags of [[], ['--callers'], ['--patch'], ['--strict', '--patch'], ['--strict', '--callers']]) {
    const { stdout, code } = await portcullis('surface', file, '-c', config, ...flags)
    assert.equal(code, 0)
    assert.equal(stdout.includes('\u001b'), false, flags.join(' '))
    assert.equal(/^routes: \[\]/m.test(stdout), false, flags.join(' '))
  }
})

test('--json says the same for programs', async () => {
  const { stdout } = await portcullis(
    'surface',
    calls,
    '-c',
    `${example}/portcullis.yaml`,
    '--enforced',
    `${example}/network.yaml`,
    '--json',
  )
  const report = JSON.parse(stdout) as {
    surplus: number
    surplusAfter: number
    blastRadius: { calls: number }
    patch: string
    enforcedAt: { targets: Array<{ reach: string }>; findings: unknown[] }
  }
  assert.deepEqual([report.surplus, report.surplusAfter, report.blastRadius.calls], [4, 0, 0])
  assert.match(report.patch, /\$patch: delete/)
  assert.deepEqual(
    report.enforcedAt.targets.map(({ reach }) => reach),
    ['limited'],
  )
  assert.deepEqual(report.enforcedAt.findings, [])
})
