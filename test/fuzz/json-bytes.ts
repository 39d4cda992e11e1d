import * as fc from 'fast-check'

/** Bytes that JSON readers stumble over, to be put anywhere. */
const spices: readonly Uint8Array[] = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '\0',
  '\n',
  '\ufeff',
  '\\u0000',
  '\\ud800',
  '\\udc00',
  '\\ud83d\\ude00',
  '\\u0061',
  'e',
  'E',
  '-',
  '+',
  '.',
  '0',
  '1e400',
  '9007199254740993',
  '0.1',
  'null',
  'true',
  'é',
  '😀',
  '"a":1,',
  '"\\u0061":2,',
  '"__proto__":',
  '"\\u005f_proto__":',
  '[[[[',
  '}}}}',
  ' ',
  '\t',
].map(text => new TextEncoder().encode(text))
const broken: readonly Uint8Array[] = [
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xff],
  [0x80],
  [0xe2, 0x82],
  [0xc3],
].map(list => Uint8Array.from(list))

const document = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc.json({ maxDepth: 3, stringUnit: 'binary' }),
  fc
    .object({ maxDepth: 3, key: fc.constantFrom('a', 'b', 'c', 'é', '__proto__', 'constructor') })
    .map(value => JSON.stringify(value)),
  fc.double().map(String),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
)

interface Edit {
  readonly at: number
  readonly remove: number
  readonly insert: Uint8Array
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(4),
  insert: fc.oneof(fc.constantFrom(...spices), fc.constantFrom(...broken), fc.uint8Array({ maxLength: 3 })),
})

/** Real documents, and the same cut, stuffed and broken in a few places. */
export const jsonBytes: fc.Arbitrary<Uint8Array> = fc
  .record({ text: document, edits: fc.array(edit, { maxLength: 4 }) })
  .map(({ text, edits }) => {
    let bytes = Buffer.from(text)
    for (const { at, remove, insert } of edits) {
      const place = Math.floor(at * bytes.length)
      bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)])
    }
    return bytes
  })
