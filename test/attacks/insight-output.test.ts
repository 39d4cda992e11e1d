import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { portcullis } from '../support/command.ts'

// Names that strangers choose, on the terminal and in the browser of the one who looks at them.

const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-output-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, content: string): string {
  const file = path.join(folder, name)
  writeFileSync(file, content)
  return file
}

/** What a terminal would obey, or what turns the order of reading. */
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/
const evil = [
  '\u001b[2J\u001b]0;owned\u0007',
  '\u009b31m',
  '\u202egnp.exe',
  '\r\nFAKE  line',
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  "';alert(1)//",
  '=cmd|calc!A1',
  '\u007f\b\b',
]

describe('names that strangers choose', { timeout: 120_000 }, () => {
  const time = (i: number): string => new Date(1795341600000 + i * 1000).toISOString()

  before(() => {
    const calls = evil.flatMap((name, i) =>
      Array.from({ length: 4 }, (_, j) => ({
        time: time(i * 4 + j),
        method: 'GET',
        url: `/${name.replaceAll('/', '_')}/list?${encodeURIComponent(name)}=1`,
        host: `h${name}`,
        service: `svc ${name}`,
        route: name,
        principal: { subject: `who ${name}`, method: 'jwt', issuer: name },
        target: `http://${name}`,
        status: 200,
        request: { headers: { [name.replace(/\W/g, '') || 'x']: name, cookie: `${name}=1` } },
        response: {
          headers: { 'content-type': 'application/json', server: name, 'set-cookie': `${name}=1` },
          body: JSON.stringify({ [name]: name, list: [{ [name]: 1 }] }),
        },
      })),
    )
    write('calls', calls.map(call => JSON.stringify(call)).join('\n'))
    write(
      'events',
      calls
        .map(({ request: _q, response: _p, url, ...event }) =>
          JSON.stringify({
            ...event,
            path: url.split('?')[0],
            policy: event.route,
            code: event.route,
            reason: event.route,
          }),
        )
        .join('\n'),
    )
    const span = (i: number, name: string) =>
      JSON.stringify({
        traceId: `e${i}`,
        spanId: `b${i}`,
        service: name,
        name: `GET ${name}`,
        kind: 'server',
        startUs: 1795341600000000 + i,
        durationUs: 5,
        attributes: { 'http.route': `/${name}`, 'peer.service': name },
        resource: { 'k8s.pod.name': name, tenant: name },
      })
    write(
      'spans',
      [...evil.map((name, i) => span(i, name)), ...evil.map((name, i) => span(100 + i, `x${name}`))].join('\n'),
    )
  })

  it('never reach the terminal as anything but text', async () => {
    const commands: ReadonlyArray<readonly string[]> = [
      ['replay', 'calls', 'spans'],
      ['inventory', 'list', 'calls'],
      ['inventory', 'list', '--json', 'events'],
      ['inventory', 'export', '--service', `svc ${evil[0]}`, 'calls'],
      ['inventory', 'changes', 'calls'],
      ['posture', 'calls'],
      ['posture', '--format', 'markdown', 'calls'],
      ['posture', '--format', 'sarif', 'calls'],
      ['traces', 'list', 'spans'],
      ['traces', 'show', 'e1', 'spans'],
      ['traces', 'map', 'spans'],
      ['traces', 'list', '--json', 'events'],
      ['inventory', 'show', 'no such thing \u001b[31m', 'calls'],
      ['traces', 'show', '\u001b[31m', 'spans'],
      ['replay', '\u001b[31m'],
    ]
    let said = 0
    for (const args of commands) {
      const { stdout, stderr, code } = await portcullis(folder, args)
      assert.ok(code === 0 || code === 1, `${args.join(' ')}: ${code} ${stderr}`)
      assert.doesNotMatch(stdout, obeyed, args.join(' '))
      assert.doesNotMatch(stderr, obeyed, args.join(' '))
      assert.doesNotMatch(stderr, /\n {4}at /, 'no stack')
      assert.doesNotMatch(stdout, /^\s*FAKE/m, args.join(' '))
      said += stdout.length
    }
    assert.ok(said > 10_000, `${said} characters`)
  })

  it('are text in the page too', async () => {
    const { stdout, stderr } = await portcullis(folder, ['posture', '--format', 'html', 'calls'])
    assert.match(stdout, /^<!doctype html>/, stderr)
    assert.ok(stdout.includes('&lt;'), 'the names are there')
    assert.doesNotMatch(stdout, /<(?:img|script|svg|iframe|a|link|base|form|object)\b/i)
    assert.doesNotMatch(stdout, /<[^>]*\son\w+\s*=/i)
    assert.doesNotMatch(stdout, obeyed)
  })
})
