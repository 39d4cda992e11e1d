import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Assessment } from '../insight/posture/assess.ts'
import { htmlReport } from '../insight/posture/report/html.ts'
import { markdownReport } from '../insight/posture/report/markdown.ts'
import { sarifReport } from '../insight/posture/report/sarif.ts'

const weakConfig = `
version: 1
listeners: [{ name: local, address: 127.0.0.1:8080 }]
services: { shop: { targets: [http://127.0.0.1:3000] } }
routes:
  - name: orders
    match: { path: /orders }
    service: shop
    policies:
      - { use: jwt, with: { issuer: https://idp.example.com/, audience: shop, jwks: https://idp.example.com/jwks } }
      - { use: require, mode: observe, with: { scopes: [orders] } }
`

const zap = {
  '@programName': 'ZAP',
  site: [
    {
      alerts: [
        {
          pluginid: '10062',
          alert: 'PII Disclosure',
          riskcode: '3',
          confidence: '2',
          cweid: '200',
          instances: [{ uri: 'https://api.example.com/v1/users/9', method: 'GET' }],
        },
        {
          pluginid: '40012',
          alert: 'Cross Site Scripting',
          riskcode: '3',
          confidence: '2',
          cweid: '79',
          instances: [{ uri: 'https://api.example.com/v1/users/9', method: 'GET' }],
        },
      ],
    },
  ],
}

const root = path.resolve(import.meta.dirname, '../..')
let folder = ''
const file = (name: string): string => path.join(folder, name)

before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-posture-'))
  writeFileSync(file('weak.yaml'), weakConfig)
  writeFileSync(file('calls.har'), JSON.stringify(har()))
  writeFileSync(file('zap.json'), JSON.stringify(zap))
})
after(() => rmSync(folder, { recursive: true, force: true }))

describe('portcullis posture', () => {
  it('judges a configuration alone', async () => {
    const { findings } = await assessed('--config', file('weak.yaml'))
    const rules = findings.map(({ rule }) => rule)
    for (const wanted of ['observe-mode', 'no-event-log', 'any-method']) assert.ok(rules.includes(wanted), wanted)
    const good = await assessed('--config', 'examples/orders')
    assert.deepEqual(
      good.findings.filter(({ severity }) => severity !== 'low' && severity !== 'info'),
      [],
    )
  })

  it('judges traffic, with what another scanner found as evidence', async () => {
    const { findings } = await assessed(file('calls.har'), '--import', file('zap.json'))
    const at = (rule: string) => findings.find(one => one.rule === rule)
    assert.equal(at('missing-authentication')?.subject, 'api.example.com GET /v1/users/{id}')
    assert.equal(at('secrets-in-responses')?.severity, 'critical')
    assert.ok(at('excess-data')?.evidence.some(line => line.startsWith('ZAP 10062')))
    assert.ok(at('imported:ZAP/40012')?.subject.endsWith('/v1/users/{id}'))
  })

  it('nothing of a personal or secret value is in any report', async () => {
    const assessment = await assessed(file('calls.har'))
    const { stdout: words } = await portcullis('posture', file('calls.har'))
    const reports = [
      words,
      JSON.stringify(assessment),
      markdownReport(assessment),
      htmlReport(assessment),
      JSON.stringify(sarifReport(assessment, { version: '1' })),
    ]
    for (const report of reports) {
      assert.ok(report.includes('missing-authentication'))
      for (const canary of ['canary', 'N9qo8uLOickgx2ZMRZoMye']) assert.ok(!report.includes(canary), canary)
    }
  })

  it('--fail-on ends with 1 when a finding is as bad, and with 0 when none is', async () => {
    const bad = await portcullis('posture', '--config', file('weak.yaml'), '--fail-on', 'medium')
    assert.equal(bad.code, 1)
    assert.match(bad.stderr, /findings? of severity medium or worse/)
    const good = await portcullis('posture', '--config', 'examples/orders', '--fail-on', 'medium')
    assert.deepEqual([good.code, good.stderr], [0, ''])
  })

  it('--accept takes findings off until their day, and refuses a list without reasons', async () => {
    writeFileSync(
      file('accept.yaml'),
      '- { rule: no-event-log, reason: a demo, until: 2999-01-01 }\n- { rule: observe-mode, reason: over, until: 2020-01-01 }\n',
    )
    const { findings, suppressed, expiredSuppressions } = await assessed(
      '--config',
      file('weak.yaml'),
      '--accept',
      file('accept.yaml'),
    )
    assert.deepEqual(
      suppressed.map(({ finding }) => finding.rule),
      ['no-event-log'],
    )
    assert.ok(findings.some(({ rule }) => rule === 'observe-mode'))
    assert.equal(expiredSuppressions.length, 1)
    writeFileSync(file('bad.yaml'), '- { rule: no-event-log, until: 2999-01-01 }\n')
    const refused = await portcullis('posture', '--config', file('weak.yaml'), '--accept', file('bad.yaml'))
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /entry 1: reason is missing/)
  })

  it('says what is wrong with what it is given', async () => {
    for (const [args, words] of [
      [[], /name files to learn from, --state/],
      [['--import', file('weak.yaml'), '--config', file('weak.yaml')], /is no report of/],
      [['--service', 'nobody', '--config', file('weak.yaml')], /nothing is known of a service nobody/],
      [['--accept', file('gone.yaml'), '--config', file('weak.yaml')], /cannot read/],
    ] as const) {
      const { code, stdout, stderr } = await portcullis('posture', ...args)
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, words)
    }
  })
})

function har(): unknown {
  const entries = Array.from({ length: 40 }, (_, i) => ({
    startedDateTime: `2026-01-01T00:00:${String(i).padStart(2, '0')}.000Z`,
    time: 12,
    request: {
      method: 'GET',
      url: `https://api.example.com/v1/users/${1_000 + i}`,
      httpVersion: 'HTTP/1.1',
      headers: [{ name: 'Host', value: 'api.example.com' }],
      queryString: [],
      cookies: [],
      headersSize: -1,
      bodySize: -1,
    },
    response: {
      status: 200,
      statusText: '',
      httpVersion: 'HTTP/1.1',
      headers: [{ name: 'Content-Type', value: 'application/json' }],
      cookies: [],
      content: {
        size: 0,
        mimeType: 'application/json',
        text: JSON.stringify({
          id: 1_000 + i,
          email: `canary${i}@canary.example.org`,
          passwordHash: '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
        }),
      },
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
    },
    cache: {},
    timings: { send: 0, wait: 1, receive: 1 },
  }))
  return { log: { version: '1.2', creator: { name: 'test', version: '1' }, entries } }
}

async function assessed(...args: readonly string[]): Promise<Assessment> {
  const { stdout, stderr } = await portcullis('posture', ...args, '--json')
  assert.equal(stderr, '')
  return JSON.parse(stdout) as Assessment
}

/** Runs the command line as a process of its own. */
function portcullis(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
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
