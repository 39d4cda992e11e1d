import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import { startProcess } from '../support/process.ts'

const root = path.resolve(import.meta.dirname, '../..')
/** Every policy of the demo: a line of each must have been printed. */
const policies = [
  'anonymous',
  'jwt',
  'require',
  'json-schema',
  'size',
  'api-key',
  'basic',
  'mtls',
  'rate-limit',
  'ip',
  'headers',
]

it('npm start serves the printed lines as promised, shows live figures, and leaves nothing running', {
  timeout: 560_000,
}, async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'portcullis-demo-'))
  // The printed lines are executed exactly as they are; curl is told by its own configuration file to add the status.
  writeFileSync(path.join(home, '.curlrc'), 'write-out = "\\n%{http_code}"\nmax-time = 20\n')
  try {
    await using demo = await startProcess({
      command: path.join(root, 'scripts/with-node'),
      args: ['node', 'src/cli/main.ts', 'demo'],
      cwd: root,
      ready: /^Real traffic runs now/,
      readyMs: 60_000,
    })
    const printed = demo.lines.flatMap((line, index) => {
      const [, policy = '', says = '', status = ''] = /^# ([\w-]+): (.*) → (\d{3})$/.exec(line) ?? []
      return policy === '' ? [] : [{ policy, says, status, command: demo.lines[index + 1] ?? '' }]
    })
    assert.ok(printed.length >= 2 * policies.length, `${printed.length} lines`)
    assert.deepEqual(
      policies.filter(name => printed.filter(({ policy }) => policy === name).length < 2),
      [],
    )
    for (const { policy, says, status, command } of printed) {
      assert.match(command, /^curl /)
      const { stdout } = await promisify(execFile)('bash', ['-c', command], {
        cwd: root,
        env: { ...process.env, CURL_HOME: home },
        timeout: 30_000,
      })
      assert.equal(stdout.slice(-3), status, `${policy}: ${says}\n${command}\n${stdout}`)
    }
    await demo.line(/^\d\d:\d\d:\d\d {2}[1-9]\d* requests, \d+ µs CPU each.*; refused: .*\d+ [a-z-]+/, 30_000)

    // Within a minute where nothing else runs; tests share their machine.
    assert.match(await demo.line(/^What it has learnt|cannot be told/, 120_000), /^What/)
    await demo.line(/^\.\/portcullis traces map/, 10_000)
    // On a fast machine more is printed before these lines are read.
    const lines = demo.lines.slice(
      demo.lines.findIndex(line => line.startsWith('What it has learnt')),
      demo.lines.findIndex(line => line.startsWith('./portcullis traces map')) + 1,
    )
    const told = lines.join('\n')
    for (const words of [
      /^ +\d+ operations of 9 services/m,
      /^ +orders +\d+ operations +\d+ calls +fulfilment, nordkap-logistik, orders-team@/m,
      /^ +Weak spots: .*\d+ high/m,
      /^ +(?:critical|high): /m,
      /^ +and one that a patch closes .*\n +(?:routes|services|listeners|policies):/m,
      /^ +Nobody used \d+ permissions .* would have refused 0 calls/m,
      /^ +→ orders +\d+/m,
      /^ +carts → .*catalogue \d+/m,
    ])
      assert.match(told, words)
    const closer = lines.filter(line => line.startsWith('./portcullis '))
    assert.equal(closer.length, 7)
    for (const command of closer) {
      const { stdout } = await promisify(execFile)('bash', ['-c', command], {
        cwd: root,
        timeout: 60_000,
        maxBuffer: 1e8,
      })
      assert.match(stdout, /orders|payments|portcullis/, command)
    }

    // The planted thief is found, told and turned away by the running gateway; the days that were made before are replayed and told.
    await demo.line(/^INCIDENT \d+ \(high\): one caller goes through objects/, 60_000)
    await demo.line(/refused: .*\d+ behaviour-abnormal/, 60_000)
    await demo.line(/^Fourteen generated days and one with attacks, [\d,]+ calls replayed: \d+ incidents/, 240_000)
    const listing = (await demo.line(/^\.\/portcullis incidents --state/, 10_000)).trim()
    const { stdout: incidents } = await promisify(execFile)('bash', ['-c', listing], { cwd: root, timeout: 60_000 })
    assert.match(incidents, /severity +state +first seen/)

    const parts = descendants(demo.pid)
    assert.ok(parts.length >= 3, 'the shop, the identity provider and the gateway run')
    demo.kill('SIGINT')
    assert.equal(await demo.exited, 0)
    assert.deepEqual(parts.filter(alive), [])
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})

/** Process ids below that one, by /proc. */
function descendants(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // Gone meanwhile.
    }
  }
  const found = [pid]
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child)
  return found.slice(1)
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
