import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'

const root = path.resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-replay-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function replay(args: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(path.join(root, 'portcullis'), ['replay', ...args], { input, encoding: 'utf8', cwd: folder })
}

const line = (id: number): string =>
  JSON.stringify({
    time: new Date(1795341600000 + id * 1000).toISOString(),
    id: `e-${id}`,
    method: 'GET',
    host: 'shop.example',
    path: `/orders/${id}`,
    service: 'shop',
    target: 'http://10.0.0.1:80',
    status: 200,
    upstreamStatus: 200,
  })

interface Report {
  readonly files: readonly object[]
  readonly quarantined: ReadonlyArray<{
    readonly reasons: Readonly<Record<string, number>>
    readonly examples: ReadonlyArray<{ readonly place: string; readonly why: string }>
  }>
  readonly counts: Readonly<Record<string, number>>
  readonly operations: ReadonlyArray<{ readonly id: string; readonly calls: number }>
}

describe('portcullis replay', () => {
  it('tells formats by content, goes on behind what does not read, and says where that was', () => {
    const lines = Array.from({ length: 100 }, (_, id) => line(id))
    lines.splice(40, 1, '{"time":"canary', '{"canary":"jane@example.org"}', line(39))
    writeFileSync(path.join(folder, 'events.log.gz'), gzipSync(lines.join('\n')))
    writeFileSync(
      path.join(folder, 'spans'),
      `${JSON.stringify({ traceId: 'a1', spanId: 'b1', service: 'cart', name: 'GET /', startUs: 1795341600000000, durationUs: 5 })}\n`,
    )
    const { status, stdout, stderr } = replay(['--json', '--state', 'state', 'events.log.gz', 'spans'])
    assert.equal(status, 0, stderr)
    const report = JSON.parse(stdout) as Report
    assert.deepEqual(report.files, [
      { file: 'events.log.gz', format: 'events', items: 100, quarantined: 2 },
      { file: 'spans', format: 'spans-ndjson', items: 1, quarantined: 0 },
    ])
    assert.deepEqual(
      report.quarantined[0]?.examples.map(({ place, why }) => [place, why]),
      [
        ['line 41', 'not JSON'],
        ['line 42', 'time is not RFC 3339 between 2000 and 2199'],
      ],
    )
    assert.deepEqual([report.counts.events, report.counts.duplicates, report.counts.spans], [99, 1, 1])
    assert.deepEqual(
      report.operations.map(({ id, calls }) => [id.replace(/\{.*\}/, '{}'), calls]),
      [['shop GET /orders/{}', 99]],
    )
    const kept = path.join(folder, 'state/quarantine.json')
    assert.equal(statSync(kept).mode & 0o777, 0o600)
    assert.doesNotMatch(readFileSync(kept, 'utf8') + stdout + stderr, /canary|jane/)
  })

  it('goes on from what an earlier replay left', () => {
    const first = replay(['--json', '--state', 'twice', '-'], [line(1), line(2)].join('\n'))
    assert.equal(first.status, 0, first.stderr)
    const second = replay(['--json', '--state', 'twice', '-'], line(3))
    const { operations, files } = JSON.parse(second.stdout) as { operations: { calls: number }[]; files: unknown[] }
    assert.equal(
      operations.reduce((sum, { calls }) => sum + calls, 0),
      3,
    )
    assert.deepEqual(files, [{ file: '-', format: 'events', items: 1, quarantined: 0 }])
  })

  it('draws no progress for programs, and tells people what was learnt', () => {
    const { status, stdout, stderr } = replay(['-'], `${line(1)}\n${line(2)}\nnonsense\n`)
    assert.equal(status, 0)
    assert.equal(stderr, '')
    assert.match(stdout, /^read\n {2}- +events +2 +1 did not read\n/)
    assert.match(stdout, /stdin +1 +not JSON +first at line 3/)
    assert.match(stdout, /services +1\n/)
    assert.match(stdout, /1 file, 2 items in /)
  })

  it('says what is wrong with what it was given', () => {
    writeFileSync(path.join(folder, 'poem.txt'), 'Tyger Tyger, burning bright\n')
    const cases: ReadonlyArray<readonly [args: readonly string[], says: RegExp]> = [
      [['nothing.log'], /there is no file nothing\.log/],
      [['.'], /is a folder; name its files/],
      [['poem.txt'], /poem\.txt is of no format that is known: records, exchanges/],
      [['--format', 'xml', 'poem.txt'], /there is no format xml; there are records/],
    ]
    for (const [args, says] of cases) {
      const { status, stderr } = replay(args)
      assert.equal(status, 1)
      assert.match(stderr, says)
      assert.doesNotMatch(stderr, /\n {4}at /, 'no stack')
    }
  })

  it('takes the format that it is told, though nothing reads as such', () => {
    const { status, stdout } = replay(['--json', '--format', 'events', 'poem.txt'])
    assert.equal(status, 0)
    assert.equal((JSON.parse(stdout) as Report).quarantined[0]?.reasons['not JSON'], 1)
  })
})
