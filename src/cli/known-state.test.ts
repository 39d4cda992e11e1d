import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { insightFolder } from '../insight/places.ts'
import { openStateStore } from '../insight/store/state-store.ts'

const root = path.resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-known-'))
after(() => rmSync(folder, { recursive: true }))

function portcullis(cwd: string, ...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(root, 'src/cli/main.ts'), ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}

/** A folder with a portcullis.yaml. */
function place(name: string, settings: string): string {
  const cwd = path.join(folder, name)
  mkdirSync(cwd)
  writeFileSync(
    path.join(cwd, 'portcullis.yaml'),
    `version: 1
${settings}
listeners: [{ name: local, address: 127.0.0.1:8080 }]
services: { shop: { targets: [http://127.0.0.1:3000] } }
routes:
  - { name: orders, match: { path: /api/** }, service: shop, policies: [{ use: anonymous }] }
`,
  )
  return cwd
}

const commands = [['inventory'], ['traces', 'map'], ['traces', 'list']]

describe('what is known without naming it', () => {
  it('nothing learnt is an error that says where was looked and what to do, never an empty table', async () => {
    const bare = path.join(folder, 'bare')
    mkdirSync(bare)
    const begun = place('begun', 'stateDir: kept')
    openStateStore(insightFolder(path.join(begun, 'kept'))).close()
    const cases: Array<[cwd: string, args: string[], words: RegExp]> = [
      [bare, [], /no portcullis\.yaml here .* name files to learn from, --state and a stateDir, or --config/],
      [bare, ['--state', 'gone'], /no state\.sqlite in it, nor in gone\/insight/],
      [place('stateless', ''), [], /portcullis\.yaml has no stateDir, so insight keeps nothing/],
      [
        place('disabled', 'stateDir: kept\ninsight: { enabled: false }'),
        [],
        /kept\/insight: portcullis\.yaml says insight\.enabled: false/,
      ],
      [place('new', 'stateDir: kept'), [], /kept\/insight: .*Has the gateway run with portcullis\.yaml\?/],
      [begun, [], /learnt in .*kept\/insight yet: has traffic passed/],
      [begun, ['-c', 'other.yaml'], /other\.yaml/],
    ]
    for (const [cwd, args, words] of cases)
      for (const command of commands) {
        const { code, stdout, stderr } = await portcullis(cwd, ...command, ...args)
        assert.deepEqual([code, stdout], [1, ''], `${cwd} ${command.join(' ')}: ${stderr}`)
        assert.match(stderr, words)
      }
  })

  describe('beside a gateway that keeps its state', () => {
    let cwd = ''
    before(async () => {
      cwd = place('learnt', 'stateDir: kept')
      const { code, stderr } = await portcullis(
        cwd,
        'replay',
        path.join(root, 'examples/inventory/calls.ndjson'),
        '--state',
        'kept/insight',
      )
      assert.equal(code, 0, stderr)
    })

    it('the configuration here says where it is, or --state does, with or without the folder inside it', async () => {
      const [here, ...named] = await Promise.all([
        portcullis(cwd, 'inventory', '--json'),
        ...['kept', 'kept/insight'].map(state =>
          portcullis(folder, 'inventory', '--json', '--state', path.join(cwd, state)),
        ),
      ])
      const ids = (text: string) =>
        (JSON.parse(text) as { operations: Array<{ id: string }> }).operations.map(one => one.id)
      assert.equal(ids((here as { stdout: string }).stdout).length, 6)
      for (const { stdout } of named) assert.deepEqual(ids(stdout), ids((here as { stdout: string }).stdout))
    })

    it('it is read while another process has it open for writing', async () => {
      const writer = openStateStore(insightFolder(path.join(cwd, 'kept')))
      try {
        const { code, stdout, stderr } = await portcullis(cwd, 'inventory')
        assert.deepEqual([code, stderr], [0, ''])
        assert.match(stdout, /6 operations/)
      } finally {
        writer.close()
      }
    })

    it('posture judges the configuration with what was learnt under it, and says when that is nothing', async () => {
      const both = JSON.parse((await portcullis(cwd, 'posture', '--json')).stdout) as {
        findings: Array<{ rule: string }>
      }
      const rules = new Set(both.findings.map(({ rule }) => rule))
      assert.ok(rules.has('anonymous-route') && rules.has('excess-data'), [...rules].join(', '))
      const alone = await portcullis(path.join(folder, 'new'), 'posture', '--json')
      assert.equal(alone.code, 0)
      assert.match(alone.stderr, /judged by the configuration alone/)
    })
  })
})
