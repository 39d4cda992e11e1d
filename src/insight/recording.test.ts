import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { seenExchange } from '../../test/support/seen-exchange.ts'
import { openRecording } from './recording.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-recording-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Records one exchange; gives what the file says then. */
function recordOne(file: string): string {
  const recording = openRecording(file)
  recording.add(seenExchange('GET', '/orders/1'))
  recording.close()
  return readFileSync(file, 'utf8')
}

describe('the recording', () => {
  it('is for its owner alone', () => {
    const file = path.join(folder, 'modes')
    writeFileSync(file, '', { mode: 0o666 })
    recordOne(file)
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  it('cuts off half a line of a process that was killed', () => {
    const file = path.join(folder, 'half')
    const line = recordOne(file)
    assert.match(line, /^[^\n]+\n$/)
    for (const half of ['{', '{"event":{"time":"2026', line.slice(0, -1)]) {
      writeFileSync(file, line)
      appendFileSync(file, half)
      assert.equal(recordOne(file), line + line, half)
      writeFileSync(file, half)
      assert.equal(recordOne(file), line, half)
    }
  })

  it('cuts nothing off a file that is not of its kind', () => {
    const file = path.join(folder, 'other')
    writeFileSync(file, 'a poem\nwithout end')
    assert.ok(recordOne(file).startsWith('a poem\nwithout end'))
  })
})
