import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JsonScanner, type JsonFaultCode, type JsonLimits } from './json-scan.ts'

const limits: JsonLimits = {
  depthMax: 4,
  membersMax: 3,
  itemsMax: 3,
  valuesMax: 12,
  keyBytesMax: 10,
  stringBytesMax: 10,
  numberBytesMax: 40,
  allowNul: false,
  allowLossyNumbers: false,
}
const wide: JsonLimits = {
  ...limits,
  depthMax: 200_000,
  membersMax: 1_000_000,
  itemsMax: 1_000_000,
  valuesMax: 5_000_000,
  keyBytesMax: 1_000_000,
  stringBytesMax: 10_000_000,
}
const seed = new Uint8Array(32).map((_, i) => i * 37)

function scan(body: string | Uint8Array, own: JsonLimits = limits): string {
  const fault = new JsonScanner(own, seed).scan(typeof body === 'string' ? Buffer.from(body) : body)
  return fault === null ? 'accepted' : `${fault.code}@${fault.offset}`
}

type Row = readonly [body: string | Uint8Array, code: JsonFaultCode, offset: number, own?: JsonLimits]

function table(name: string, rows: readonly Row[]): void {
  it(name, () => {
    let ran = 0
    for (const [body, code, offset, own] of rows) {
      assert.equal(scan(body, own), `${code}@${offset}`, String(body).slice(0, 60))
      ran++
    }
    assert.equal(ran, rows.length)
  })
}

const bytes = (...list: number[]): Uint8Array => Uint8Array.from([0x22, ...list, 0x22])

describe('JsonScanner refuses', () => {
  table('what is not JSON, with the place (RFC 8259 §2)', [
    ['', 'empty', 0],
    [' \n\t\r', 'empty', 4],
    ['[', 'truncated', 1],
    ['[1', 'truncated', 2],
    ['{"a"', 'truncated', 4],
    ['{"a":', 'truncated', 5],
    ['"abc', 'truncated', 4],
    ['tru', 'truncated', 3],
    ['-', 'truncated', 1],
    ['1.', 'truncated', 2],
    ['1e+', 'truncated', 3],
    ['1 2', 'trailing', 2],
    ['{}}', 'trailing', 2],
    ['truE', 'syntax', 3],
    ['nul1', 'syntax', 3],
    ['[1,]', 'syntax', 3],
    ['[,1]', 'syntax', 1],
    ['[1}', 'syntax', 2],
    ['{"a":1]', 'syntax', 6],
    ['{"a":1,}', 'syntax', 7],
    ['{a:1}', 'syntax', 1],
    ['{"a" 1}', 'syntax', 5],
    ["{'a':1}", 'syntax', 1],
    ['01', 'trailing', 1],
    ['+1', 'syntax', 0],
    ['.5', 'syntax', 0],
    ['1.e1', 'syntax', 2],
    ['-a', 'syntax', 1],
    ['NaN', 'syntax', 0],
    ['/**/1', 'syntax', 0],
    ['\u00a01', 'syntax', 0],
    ['\0', 'syntax', 0],
    ['\ufeff1', 'byte-order-mark', 0],
  ])

  table('what two readers decode differently (RFC 8259 §7, §8)', [
    ['"a\nb"', 'control-character', 2],
    ['"a\0b"', 'control-character', 2],
    ['"\\x41"', 'invalid-escape', 1],
    ['"\\u12g4"', 'invalid-escape', 1],
    ['"\\u12', 'truncated', 1],
    ['"\\', 'truncated', 2],
    ['"\\u0000"', 'nul', 1],
    ['"\\ud800"', 'lone-surrogate', 1],
    ['"\\ud800x"', 'lone-surrogate', 1],
    ['"\\ud800\\u0041"', 'lone-surrogate', 1, wide],
    ['"\\udc00\\ud800"', 'lone-surrogate', 1, wide],
    [bytes(0xc0, 0xa2), 'invalid-utf8', 1],
    [bytes(0xc1, 0xbf), 'invalid-utf8', 1],
    [bytes(0xe0, 0x80, 0xa2), 'invalid-utf8', 1],
    [bytes(0xed, 0xa0, 0x80), 'invalid-utf8', 1],
    [bytes(0xf0, 0x80, 0x80, 0xa2), 'invalid-utf8', 1],
    [bytes(0xf4, 0x90, 0x80, 0x80), 'invalid-utf8', 1],
    [bytes(0xf5, 0x80, 0x80, 0x80), 'invalid-utf8', 1],
    [bytes(0x80), 'invalid-utf8', 1],
    [bytes(0xc3), 'invalid-utf8', 1],
    [bytes(0xff), 'invalid-utf8', 1],
    [Uint8Array.from([0x22, 0xe2, 0x82]), 'invalid-utf8', 1],
  ])

  table('names twice in one object, however they are spelled (RFC 8259 §4)', [
    ['{"a":1,"a":1}', 'duplicate-key', 7],
    ['{"a":1,"\\u0061":2}', 'duplicate-key', 7],
    ['{"\\u0061":1,"a":2}', 'duplicate-key', 12],
    ['{"\\u00e9":1,"é":2}', 'duplicate-key', 12],
    ['{"\\ud83d\\ude00":1,"😀":2}', 'duplicate-key', 18, wide],
    ['{"\\/":1,"/":2}', 'duplicate-key', 8],
    ['{"":1,"":2}', 'duplicate-key', 6],
    ['[{"b":{"a":1,"a":2}}]', 'duplicate-key', 13],
    ['{"a":{"a":1},"a":2}', 'duplicate-key', 13],
    ['{"__proto__":1}', 'forbidden-key', 1],
    ['{"\\u005f_proto__":1}', 'forbidden-key', 1, wide],
  ])

  table('numbers that a double does not keep', [
    ['9007199254740993', 'lossy-number', 0],
    ['-9007199254740993', 'lossy-number', 0],
    ['[1e400]', 'lossy-number', 1],
    ['1e-400', 'lossy-number', 0],
    ['1.0000000000000000005', 'lossy-number', 0],
    ['0.10000000000000001', 'lossy-number', 0],
    ['123456789012345678', 'lossy-number', 0],
    ['1'.repeat(41), 'number-too-long', 0],
  ])

  table('more than the limits, one beyond each', [
    ['[[[[[]]]]]', 'too-deep', 4],
    ['{"a":1,"b":2,"c":3,"d":4}', 'too-many-members', 19],
    ['[1,2,3,4]', 'too-many-items', 7],
    ['[[1,2,3],[1,2,3],[1,2,3]]', 'too-many-values', 22],
    ['{"12345678901":1}', 'key-too-long', 1],
    ['"12345678901"', 'string-too-long', 0],
  ])

  it('a bomb of 100,000 levels at once, and without recursion when it is allowed', () => {
    const bomb = '['.repeat(100_000) + ']'.repeat(100_000)
    assert.equal(scan(bomb), 'too-deep@4')
    assert.equal(scan(bomb, wide), 'accepted')
    assert.equal(scan('[{"a":'.repeat(100_000), { ...wide, depthMax: 300_000 }), 'truncated@600000')
  })

  it('the last of 100,000 names when it is the first again', () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `"k${i}":0`)
    assert.equal(scan(`{${names.join(',')}}`, wide), 'accepted')
    assert.match(scan(`{${names.join(',')},"k0":1}`, wide), /^duplicate-key@/)
    assert.match(scan(`{${names.join(',')},"\\u006b0":1}`, wide), /^duplicate-key@/)
  })

  it('a seed that is too short to be secret', () => {
    assert.throws(() => new JsonScanner(limits, new Uint8Array(8)), RangeError)
  })
})

describe('JsonScanner accepts', () => {
  it('the good twins', () => {
    const good = [
      'null',
      ' true ',
      'false',
      '0',
      '-0',
      '0.5',
      '-1.5e-3',
      '1E+2',
      '""',
      '[]',
      '{}',
      '[1,2,3]',
      '{"a":1,"b":2,"c":3}',
      '[[[[]]]]',
      '"1234567890"',
      '{"1234567890":1}',
      '[{"a":1},{"a":2}]',
      '{"a":{"a":{"a":1}}}',
      '"é😀"',
      '"\\n\\t\\"\\/"',
      '9007199254740991',
      '-9007199254740991',
      '9007199254740992',
      '0.1',
      '3.141592653589793',
      '0.30000000000000004',
      '5e-324',
      '1.7976931348623157e308',
      '100000000000000000000',
      '1e23',
      '0e400',
      '0.000',
      '{"valueOf":1,"toString":2}',
      '{"a":1,"A":2}',
      '{"é":1,"e\u0301":2}',
      '"\u007f"',
      '"\u2028"',
    ]
    for (const body of good) assert.equal(scan(body), 'accepted', body)
  })

  it('all that UTF-8 can say, at its borders (RFC 3629 §4)', () => {
    for (const point of [0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff])
      assert.equal(scan(JSON.stringify(String.fromCodePoint(point))), 'accepted', point.toString(16))
  })

  it('U+0000 and lossy numbers when the settings say so', () => {
    assert.equal(scan('"\\u0000"', { ...limits, allowNul: true }), 'accepted')
    assert.equal(scan('[9007199254740993,1e400]', { ...limits, allowLossyNumbers: true }), 'accepted')
  })
})

describe('JsonScanner is not slowed by chosen names (hash flooding)', () => {
  // Names whose words differ in few, high bits: they collide in hashes that only multiply.
  const families: Readonly<Record<string, (bit: boolean) => string>> = {
    'case of one letter': bit => (bit ? 'aaaA' : 'aaaa'),
    'one bit of the last byte': bit => (bit ? 'aaaq' : 'aaa1'),
    'top bits of UTF-8': bit => (bit ? '\u{10000}' : '\u{50000}'),
    'whole words': bit => (bit ? 'bbbb' : 'aaaa'),
  }
  for (const [family, word] of Object.entries(families)) {
    it(family, () => {
      const names = Array.from({ length: 16_384 }, (_, i) => {
        let name = ''
        for (let bit = 0; bit < 14; bit++) name += word(((i >> bit) & 1) === 1)
        return `"${name}":0`
      })
      const body = Buffer.from(`{${names.join(',')}}`)
      for (let round = 0; round < 5; round++) {
        const own = Uint8Array.from({ length: 16 }, (_, i) => (i + 1) * (round * 2 + 31))
        // A run of 512 names in one place would end the scan.
        assert.equal(new JsonScanner(wide, own).scan(body), null)
      }
    })
  }
})

describe('one JsonScanner for many bodies', () => {
  it('keeps nothing of one body for the next, whatever came before', () => {
    const scanner = new JsonScanner(wide, seed)
    const large = Buffer.from(`{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":0`).join(',')}}`)
    const bodies = [
      Buffer.from('{"a":1}'),
      Buffer.from('{"a":'),
      large,
      Buffer.from('{"k1":1,"a":2}'),
      Buffer.from('"é"'),
    ]
    for (let round = 0; round < 20; round++)
      assert.deepEqual(
        bodies.map(body => scanner.scan(body)?.code ?? null),
        [null, 'truncated', null, null, null],
      )
  })

  it('says whether the body was ASCII', () => {
    const scanner = new JsonScanner(wide, seed)
    const ascii = (body: string): boolean => {
      assert.equal(scanner.scan(Buffer.from(body)), null)
      return scanner.ascii
    }
    assert.deepEqual([ascii('"a"'), ascii('"é"'), ascii('{"é":1}'), ascii('"\\u00e9"')], [true, false, false, true])
  })

  it('reads bytes that lie inside a larger buffer, and nothing around them', () => {
    const around = Buffer.from('xx"abc"yy')
    const scanner = new JsonScanner(wide, seed)
    assert.equal(scanner.scan(around.subarray(2, 7)), null)
    assert.equal(scanner.scan(around.subarray(2, 6))?.code, 'truncated')
    assert.equal(scanner.scan(new Uint8Array(around.buffer, around.byteOffset + 2, 5)), null)
  })

  it('never repeats the body in its words', () => {
    const fault = new JsonScanner(limits, seed).scan(Buffer.from('{"secret":1,"secret":2}'))
    assert.equal(fault?.code, 'duplicate-key')
    assert.ok(!JSON.stringify(fault).includes('secret'))
  })
})
