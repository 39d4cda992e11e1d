import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { readEvent } from '../ingest/exchanges/event.ts'
import type { Durable } from '../model/durable.ts'
import type { EventRecord } from '../model/event-record.ts'
import { openHistory } from './history.ts'
import { openStateStore, readState } from './state-store.ts'

let folder: string
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'portcullis-store-'))
})
after(() => rmSync(folder, { recursive: true }))

class Rows implements Durable {
  readonly part: string
  readonly rows = new Map<string, string>()
  #changed: [string, string | null][] = []
  constructor(part: string) {
    this.part = part
  }
  set(key: string, value: string | null): void {
    if (value === null) this.rows.delete(key)
    else this.rows.set(key, value)
    this.#changed.push([key, value])
  }
  changes(): Iterable<readonly [string, string | null]> {
    const changed = this.#changed
    this.#changed = []
    return changed
  }
  restore(rows: Iterable<readonly [string, string]>): void {
    for (const [key, value] of rows) this.rows.set(key, value)
  }
}

function restored(place: string, part: string): [string, string][] {
  const rows = new Rows(part)
  readState(place, [rows])
  return [...rows.rows].toSorted(([a], [b]) => a.localeCompare(b))
}

describe('the state of what was learnt', () => {
  it('gives back what was saved, by part, and forgets what is gone', () => {
    const place = path.join(folder, 'kept')
    const [a, b] = [new Rows('a'), new Rows('b')]
    const store = openStateStore(place)
    a.set('1', 'one')
    a.set('2', 'two')
    b.set('1', 'of b')
    assert.equal(store.save([a, b]), 3)
    a.set('2', null)
    a.set('1', 'uno')
    assert.equal(store.save([a, b]), 2)
    assert.equal(store.save([a, b]), 0)
    assert.equal(store.rows(), 2)
    // A second reader, while the owner has it open.
    assert.deepEqual(restored(place, 'a'), [['1', 'uno']])
    assert.deepEqual(restored(place, 'b'), [['1', 'of b']])
    store.close()
  })

  it('is open to nobody else', () => {
    const place = path.join(folder, 'private')
    const store = openStateStore(place)
    const rows = new Rows('a')
    rows.set('1', 'x')
    store.save([rows])
    assert.equal(statSync(place).mode & 0o777, 0o700)
    for (const file of readdirSync(place)) assert.equal(statSync(path.join(place, file)).mode & 0o777, 0o600, file)
    store.close()
  })

  it('writes nothing of a save that fails, and all of it with the next', () => {
    const place = path.join(folder, 'failing')
    const store = openStateStore(place)
    const rows = new Rows('a')
    rows.set('1', 'one')
    // Another writer in the middle of its transaction.
    const other = new DatabaseSync(path.join(place, 'state.sqlite'))
    other.exec('BEGIN IMMEDIATE')
    assert.throws(() => store.save([rows]), /locked/)
    other.exec('ROLLBACK')
    other.close()
    assert.deepEqual(restored(place, 'a'), [])
    rows.set('2', 'two')
    assert.equal(store.save([rows]), 2)
    assert.equal(restored(place, 'a').length, 2)
    store.close()
  })

  it('puts a file that is no database aside and begins anew', () => {
    const place = path.join(folder, 'broken')
    openStateStore(place).close()
    const file = path.join(place, 'state.sqlite')
    writeFileSync(file, 'this is no database'.repeat(500))
    const store = openStateStore(place)
    assert.equal(store.broken, `${file}.broken`)
    assert.match(readFileSync(`${file}.broken`, 'utf8'), /^this is no database/)
    assert.equal(store.rows(), 0)
    store.close()
  })

  it('refuses a layout of a later version and leaves it alone', () => {
    const place = path.join(folder, 'later')
    openStateStore(place).close()
    const database = new DatabaseSync(path.join(place, 'state.sqlite'))
    database.exec('PRAGMA user_version = 99')
    database.close()
    assert.throws(() => openStateStore(place), /layout 99/)
    assert.throws(() => readState(place, []), /layout 99/)
  })
})

const options = { memoryBytes: 128e6, retentionMs: 86_400_000, bytesMax: 1e9 }

function event(id: number, time: string): EventRecord {
  return readEvent(
    { time, id: `e-${id}`, method: 'GET', host: 'h', path: `/items/${id}`, status: 200 },
    '',
  ) as EventRecord
}

describe('the history', () => {
  it('keeps events and spans over a restart and answers questions', async () => {
    const place = path.join(folder, 'history')
    openStateStore(place).close()
    const first = await openHistory(place, options)
    for (let id = 0; id < 5000; id++) first.event(event(id, '2026-11-22T10:00:00.123Z'))
    first.span({
      traceId: 't',
      spanId: 's',
      parentId: null,
      service: 'shop',
      name: 'GET /',
      kind: 'server',
      startUs: 1_795_341_600_000_001,
      durationUs: 12,
      error: true,
      resource: { 'k8s.pod.name': 'p' },
      attributes: { n: 1 },
    })
    await first.flush()
    assert.deepEqual(first.status(), { events: 5000, spans: 1, lost: 0 })
    await first.close()
    const second = await openHistory(place, options)
    const [row] = await second.query(
      'SELECT count(*)::INTEGER AS n, epoch_ms(min(time))::DOUBLE AS at FROM events WHERE path LIKE $path',
      { path: '/items/%' },
    )
    assert.deepEqual(row, { n: 5000, at: Date.parse('2026-11-22T10:00:00.123Z') })
    const [span] = await second.query('SELECT epoch_us(start)::VARCHAR AS at, resource, error FROM spans')
    assert.deepEqual(span, { at: '1795341600000001', resource: '{"k8s.pod.name":"p"}', error: true })
    await second.close()
    assert.equal(statSync(path.join(place, 'history.duckdb')).mode & 0o777, 0o600)
  })

  it('forgets what is older than its retention, and the oldest when it grows too large', async () => {
    const place = path.join(folder, 'retention')
    openStateStore(place).close()
    const history = await openHistory(place, options)
    for (let id = 0; id < 1000; id++)
      history.event(event(id, id < 400 ? '2026-11-20T10:00:00.000Z' : '2026-11-22T10:00:00.000Z'))
    await history.flush()
    await history.retain(Date.parse('2026-11-22T11:00:00Z'))
    assert.deepEqual(await history.query('SELECT count(*)::INTEGER AS n FROM events'), [{ n: 600 }])
    await history.close()
    const small = await openHistory(place, { ...options, bytesMax: 1 })
    for (let id = 0; id < 600; id++) small.event(event(id, '2026-11-22T10:30:00.000Z'))
    await small.flush()
    await small.retain(Date.parse('2026-11-22T11:00:00Z'))
    const [left] = await small.query('SELECT count(*)::INTEGER AS n FROM events')
    assert.ok(Number(left?.n) < 1200, 'the oldest are gone')
    await small.close()
  })

  it('reads no file that a question names', async () => {
    const place = path.join(folder, 'closed')
    openStateStore(place).close()
    const history = await openHistory(place, options)
    await assert.rejects(
      history.query("SELECT * FROM read_text('/etc/hostname')"),
      /disabled|external access|permission/i,
    )
    await history.close()
  })

  it('belongs to one process: another is told so', async () => {
    const place = path.join(folder, 'locked')
    openStateStore(place).close()
    const history = await openHistory(place, options)
    const { spawnSync } = await import('node:child_process')
    const program = `import { openHistory } from ${JSON.stringify(path.join(import.meta.dirname, 'history.ts'))}
      await openHistory(${JSON.stringify(place)}, ${JSON.stringify(options)})`
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', program], {
      encoding: 'utf8',
    })
    assert.equal(status, 1)
    assert.match(stderr, /is in use by another process/)
    await history.close()
  })

  it('puts a broken file aside and begins anew', async () => {
    const place = path.join(folder, 'broken-history')
    openStateStore(place).close()
    writeFileSync(path.join(place, 'history.duckdb'), Buffer.alloc(20_000, 'x'))
    const history = await openHistory(place, options)
    assert.equal(history.broken, path.join(place, 'history.duckdb.broken'))
    assert.deepEqual(await history.query('SELECT count(*)::INTEGER AS n FROM events'), [{ n: 0 }])
    await history.close()
  })
})
