import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nationalId } from './national-id.ts'

/** Examples that the issuers publish, or made with their rules. */
const right: ReadonlyArray<readonly [text: string, country: string]> = [
  ['078-05-1121', 'US'],
  ['219-09-9998', 'US'],
  ['AB123456C', 'GB'],
  ['QQ 12 34 56 C'.replace('QQ', 'AA'), 'GB'],
  ['86095742719', 'DE'],
  ['65929970489', 'DE'],
  ['255081416802538', 'FR'],
  ['1 84 12 76 451 089 46', 'FR'],
  ['12345678Z', 'ES'],
  ['X1234567L', 'ES'],
  ['RSSMRA85T10A562S', 'IT'],
  ['44051401359', 'PL'],
  ['900212640', 'NL'],
  ['529.982.247-25', 'BR'],
  ['39053344705', 'BR'],
  ['2341 2341 2346', 'IN'],
  ['ABCPE1234F', 'IN'],
  ['811218-9876', 'SE'],
  ['131052-308T', 'FI'],
  ['15076500565', 'NO'],
  ['85.07.30-033.28', 'BE'],
  ['756.9217.0769.85', 'CH'],
  ['900000007', 'PT'],
  ['123 456 782', 'CA'],
  ['11010519491231002X', 'CN'],
  ['640713-1018433', 'KR'],
  ['10000000146', 'TR'],
  ['8001015009087', 'ZA'],
  ['S1234567D', 'SG'],
  ['HEGG560427MVZRRL04', 'MX'],
]

const wrong = [
  '000-12-3456',
  '666-12-3456',
  '900-12-3456',
  '123-00-4567',
  '123-45-0000',
  '111-11-1111',
  'DA123456C',
  'BG123456C',
  'AB123456E',
  'AO123456C',
  '06095742719',
  '12345678903',
  '86095742718',
  '255081416802539',
  '355081416802538',
  '12345678A',
  'X1234567A',
  'RSSMRA85T10A562T',
  '44051401358',
  '44991401358',
  '000000000',
  '529.982.247-24',
  '111.111.111-11',
  '234123412347',
  '811218-9875',
  '131052-308U',
  '85.07.30-033.29',
  '756.9217.0769.84',
  '123 456 783',
  '110105194912310021',
  '640713-1018434',
  '10000000147',
  '8013015009087',
  'S1234567E',
  'HEGG560427MVZRRL05',
  '',
  'x'.repeat(30),
  '1'.repeat(30),
]

describe('national ids', () => {
  it('are known by form and check digit under a name that says what they are', () => {
    for (const [text, country] of right) assert.equal(nationalId(text, true)?.country, country, text)
    for (const text of wrong) assert.equal(nationalId(text, true), null, text)
    assert.deepEqual([right.length, wrong.length], [30, 38])
  })

  it('are known under any name only where chance would hardly write them so', () => {
    for (const text of [
      '078-05-1121',
      'AA 12 34 56 C',
      '255081416802538',
      'RSSMRA85T10A562S',
      '529.982.247-25',
      '131052-308T',
      '756.9217.0769.85',
      '11010519491231002X',
      'HEGG560427MVZRRL04',
    ])
      assert.notEqual(nationalId(text, false), null, text)
    for (const text of [
      '078051121',
      'AB123456C',
      '86095742719',
      '12345678Z',
      '44051401359',
      '111222333',
      '52998224725',
      '2341 2341 2346',
      '8112189876',
      '123 456 782',
      '10000000146',
      'S1234567D',
    ])
      assert.equal(nationalId(text, false), null, text)
  })
})
