import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { FieldNames, HOP_BY_HOP, RESERVED } from '../net/h1/field-names.ts'
import { HeadScan, scanFields } from '../net/h1/scan.ts'
import { keptLines } from './kept-lines.ts'

const names = new FieldNames(['x-reserved'])

function kept(
  lines: readonly string[],
  removed: readonly string[] | null = null,
  named: readonly string[] | null = null,
): string[] {
  const text = lines.map(line => `${line}\r\n`).join('')
  const bytes = Buffer.from(`${text}\r\n`, 'latin1')
  const scan = new HeadScan()
  assert.equal(scanFields(bytes, 0, 0, bytes.length, names, 100, scan), bytes.length)
  const head = { text, offsets: scan.offsets, flags: scan.flags, union: scan.union, named }
  return keptLines(head, HOP_BY_HOP | RESERVED, removed)
    .split('\r\n')
    .slice(0, -1)
}

describe('kept lines', () => {
  it('hop-by-hop, reserved, named and removed lines do not go on', () => {
    const lines = ['A: 1', 'Connection: x-hop', 'X-Hop: 1', 'B:2', 'x_reserved: 1', 'TE: trailers', 'C: 3', 'D: 4']
    assert.deepEqual(kept(lines, ['d'], ['x-hop']), ['A: 1', 'B:2', 'C: 3'])
    assert.deepEqual(kept(['Upgrade: x']), [])
    assert.deepEqual(kept([]), [])
  })

  it('all others go on as they arrived and in their order', () => {
    const line = fc.constantFrom(
      'A: 1',
      'B:2',
      'C:\t3 ',
      'D:',
      'E: \xe9',
      'TE: x',
      'X-Reserved: y',
      'Keep-Alive: z',
      'F: 6',
      'G: 7',
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), fc.subarray(['a', 'f', 'g']), (lines, removed) => {
        const expected = lines.filter(one => {
          const name = one.slice(0, one.indexOf(':')).toLowerCase()
          return !['te', 'x-reserved', 'keep-alive', ...removed].includes(name)
        })
        assert.deepEqual(kept(lines, removed.length === 0 ? null : removed), expected)
      }),
      { numRuns: 1000 },
    )
  })
})
