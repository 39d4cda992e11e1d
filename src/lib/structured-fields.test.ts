import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { serializeBareItem, serializeDictionary, serializeItem, serializeList } from './structured-fields.ts'
import type { BareItem } from './structured-fields.ts'

describe('structured fields', () => {
  const refused: BareItem[] = [
    'line\r\nend',
    'ünicode',
    '\u007f',
    1.5,
    Number.NaN,
    1e15,
    { decimal: 1e12 },
    { decimal: Number.POSITIVE_INFINITY },
    { token: '1a' },
    { token: 'a b' },
    { token: '' },
    { display: '\ud800' },
    { date: 0.5 },
  ]
  for (const value of refused) {
    it(`refuses to write ${JSON.stringify(value)}: a field is written whole or not at all (RFC 9651 §4.1)`, () => {
      assert.throws(() => serializeBareItem(value), TypeError)
    })
  }

  it('refuses a key that is no key', () => {
    assert.throws(() => serializeDictionary([['Upper', { value: 1 }]]), TypeError)
    assert.throws(() => serializeItem({ value: 1, parameters: [['', 1]] }), TypeError)
  })

  it('writes what the RateLimit fields need', () => {
    assert.equal(
      serializeList([
        {
          value: 'per "user"',
          parameters: [
            ['r', 3],
            ['t', 60],
          ],
        },
        { value: 'b\\', parameters: [['q', 0]] },
      ]),
      '"per \\"user\\"";r=3;t=60, "b\\\\";q=0',
    )
  })

  it('rounds decimals to three places, halves to even', () => {
    const cases: ReadonlyArray<readonly [number, string]> = [
      [0.0025, '0.002'],
      [0.0035, '0.004'],
      [9.9995, '10.0'],
      [-0.00049, '0.0'],
      [-1.5, '-1.5'],
      [999_999_999_999.9994, '999999999999.999'],
      [1e-9, '0.0'],
    ]
    for (const [value, text] of cases) assert.equal(serializeBareItem({ decimal: value }), text)
  })

  it('writes every other type of RFC 9651', () => {
    assert.equal(serializeBareItem(new Uint8Array([1, 2, 255])), ':AQL/:')
    assert.equal(serializeBareItem({ display: 'füü "%' }), '%"f%c3%bc%c3%bc %22%25"')
    assert.equal(serializeBareItem({ date: 1 }), '@1')
    assert.equal(
      serializeItem({
        value: true,
        parameters: [
          ['a', true],
          ['b', false],
        ],
      }),
      '?1;a;b=?0',
    )
    assert.equal(
      serializeDictionary([
        ['a', { value: true }],
        ['b', { items: [{ value: 1 }], parameters: [] }],
      ]),
      'a, b=(1)',
    )
  })
})
