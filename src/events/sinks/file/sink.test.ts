import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { testHost } from '../../../../test/support/host.ts'
import type { FileSettings } from './schema.ts'
import { schema } from './schema.ts'
import { fileSink } from './sink.ts'

const lines = (from: number, count: number): Uint8Array =>
  Buffer.from(Array.from({ length: count }, (_, i) => `{"n":${from + i},"pad":"${'x'.repeat(80)}"}\n`).join(''))

function settings(file: string, more: object = {}): FileSettings {
  return schema.parse({ path: file, ...more })
}

describe('file sink', () => {
  let folder: string
  let file: string
  const host = testHost({ now: Date.UTC(2026, 10, 22, 7, 0, 0) })
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'portcullis-events-'))
    file = path.join(folder, 'events.ndjson')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('rejects with what to do when it cannot write, and goes on when it can again', async () => {
    const missing = path.join(folder, 'not-there', 'events.ndjson')
    const sink = fileSink.open(settings(missing), host.log, host.clock)
    await assert.rejects(sink.write(lines(0, 1)), /its folder does not exist; make it/)
    mkdirSync(path.dirname(missing))
    await sink.write(lines(1, 1))
    assert.match(readFileSync(missing, 'utf8'), /^\{"n":1,/)
    await sink.close()
    await assert.rejects(
      fileSink.open(settings(folder), host.log, host.clock).write(lines(0, 1)),
      /is a folder; change path/,
    )
  })

  it('rejects on a full device and never blocks on a pipe without a reader', async () => {
    const full = fileSink.open(settings('/dev/full'), host.log, host.clock)
    await assert.rejects(full.write(lines(0, 3)), /the disk is full; free some space/)
    await assert.rejects(full.write(lines(0, 3)), /the disk is full/)
    await full.close()
    const pipe = path.join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const sink = fileSink.open(settings(pipe), host.log, host.clock)
    await assert.rejects(sink.write(lines(0, 1)), /is a pipe; use sink: stdout/)
    await sink.close()
  })

  it('leaves whole lines behind on a disk that fills up, and counts only those that got out', async t => {
    // A limit on the size of files cuts a write in the middle exactly as a full disk does.
    const script = `
      import { fileSink } from ${JSON.stringify(new URL('./sink.ts', import.meta.url).href)}
      process.on('SIGXFSZ', () => {})
      const log = { info() {}, warn() {}, error() {} }
      const sink = fileSink.open({ path: process.argv[1], mode: 0o600 }, log, { now: Date.now, monotonic: Date.now })
      const line = n => '{"n":' + n + ',"pad":"' + 'x'.repeat(80) + '"}\\n'
      let kept = 0
      for (let n = 0; n < 50; n++) {
        const batch = Buffer.from(line(n * 10) + line(n * 10 + 1) + line(n * 10 + 2))
        await sink.write(batch).then(() => { kept += 3 }, error => { kept += error.writtenBytes === 0 ? 0 : batch.subarray(0, error.writtenBytes).toString().split('\\n').length - 1 })
      }
      await sink.close()
      console.log(kept)`
    let kept: number
    try {
      const out = execFileSync('bash', [
        '-c',
        'trap "" XFSZ; ulimit -f 8; exec "$0" --input-type=module -e "$1" "$2"',
        process.execPath,
        script,
        file,
      ])
      kept = Number(out.toString())
    } catch (error) {
      return t.skip(`no file size limit here: ${(error as Error).message}`)
    }
    const text = readFileSync(file, 'utf8')
    assert.ok(text.endsWith('\n'))
    const parsed = text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { n: number })
    assert.ok(parsed.length > 50 && parsed.length < 100, String(parsed.length))
    assert.equal(parsed.length, kept)
  })

  it('makes files that only their owner may read, or as told', async () => {
    const sink = fileSink.open(settings(file), host.log, host.clock)
    await sink.write(lines(0, 1))
    assert.equal(statSync(file).mode & 0o777, 0o600)
    await sink.close()
    const wider = fileSink.open(settings(`${file}2`, { mode: '0640' }), host.log, host.clock)
    await wider.write(lines(0, 1))
    assert.equal(statSync(`${file}2`).mode & 0o777 & ~0o022, 0o640)
    await wider.close()
    assert.throws(() => settings(file, { mode: '0666' }), /not writable for others/)
  })

  it('begins a new file before one grows larger than told, keeps so many, and touches no other file', async () => {
    const neighbour = `${file}.20200101T000000.000Z.gz`
    writeFileSync(neighbour, 'mine')
    writeFileSync(path.join(folder, 'events.ndjson.bak'), 'mine')
    const sink = fileSink.open(settings(file, { rotate: { bytes: '64KiB', keep: 3 } }), host.log, host.clock)
    for (let n = 0; n < 60; n++) {
      await sink.write(lines(n * 100, 100))
      if (n % 2 === 0) host.clock.advance(7)
    }
    await sink.close()
    const names = readdirSync(folder)
    const rotated = names.filter(name => /^events\.ndjson\.2026\d{4}T\d{6}\.\d{3}Z(-\d+)?$/.test(name)).sort()
    assert.equal(rotated.length, 3, names.join())
    assert.ok(existsSync(neighbour) && existsSync(path.join(folder, 'events.ndjson.bak')))
    let next = -1
    for (const name of [...rotated, 'events.ndjson']) {
      const text = readFileSync(path.join(folder, name), 'utf8')
      assert.ok(text.length <= 64 * 1024, name)
      for (const line of text.trimEnd().split('\n')) {
        const { n } = JSON.parse(line)
        assert.ok(next === -1 || n === next, `${name}: ${n} after ${next - 1}`)
        next = n + 1
      }
    }
    assert.equal(next, 6000, 'the newest lines are here')
  })

  it('begins a new file at every period, also when the gateway was away meanwhile', async () => {
    const rotate = { every: '1h', keep: 10 }
    const sink = fileSink.open(settings(file, { rotate }), host.log, host.clock)
    await sink.write(lines(0, 1))
    await sink.write(lines(1, 1))
    host.clock.advance(3_600_000)
    await sink.write(lines(2, 1))
    await sink.close()
    const rotated = readdirSync(folder).filter(name => name !== 'events.ndjson')
    assert.equal(rotated.length, 1)
    assert.equal(readFileSync(path.join(folder, rotated[0] as string), 'utf8'), Buffer.from(lines(0, 2)).toString())
    const later = testHost({ now: Date.now() + 2 * 3_600_000 })
    const again = fileSink.open(settings(file, { rotate }), later.log, later.clock)
    await again.write(lines(3, 1))
    await again.close()
    assert.equal(readFileSync(file, 'utf8'), Buffer.from(lines(3, 1)).toString())
    assert.equal(readdirSync(folder).length, 3)
  })

  it('loses nothing when it cannot rotate, and says so', async () => {
    const target = path.join(folder, 'real', 'events.ndjson')
    mkdirSync(path.dirname(target))
    const own = testHost()
    const sink = fileSink.open(settings(target, { rotate: { bytes: '64KiB' } }), own.log, own.clock)
    await sink.write(lines(0, 600))
    // The file is gone under it: a rename has nothing to move.
    rmSync(target)
    await sink.write(lines(600, 600))
    assert.match(own.lines[0]?.message ?? '', /cannot rotate the event file/)
    await sink.close()
  })

  it('writes to the file of that name again after a reopen', async () => {
    const sink = fileSink.open(settings(file), host.log, host.clock)
    await sink.write(lines(0, 1))
    renameSync(file, `${file}.old`)
    await sink.write(lines(1, 1))
    const write = sink.write(lines(2, 1))
    await Promise.all([write, sink.reopen?.()])
    await sink.write(lines(3, 1))
    await sink.close()
    assert.equal(readFileSync(`${file}.old`, 'utf8'), Buffer.from(lines(0, 3)).toString())
    assert.equal(readFileSync(file, 'utf8'), Buffer.from(lines(3, 1)).toString())
  })

  it('follows a link and appends to what is there', async () => {
    writeFileSync(file, 'old\n')
    const link = path.join(folder, 'link')
    symlinkSync(file, link)
    const sink = fileSink.open(settings(link), host.log, host.clock)
    await sink.write(lines(0, 1))
    await sink.close()
    assert.equal(readFileSync(file, 'utf8'), `old\n${Buffer.from(lines(0, 1))}`)
  })

  it('refuses settings that would not do what they say', () => {
    for (const bad of [
      {},
      { path: '' },
      { path: file, rotate: {} },
      { path: file, rotate: { bytes: '1B' } },
      { path: file, rotate: { every: '1s' } },
      { path: file, rotation: 1 },
    ]) {
      assert.equal(schema.safeParse(bad).success, false, JSON.stringify(bad))
    }
    assert.deepEqual(schema.parse({ path: file }), { path: file, mode: 0o600 })
  })
})
