import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { characterMask } from './character-mask.ts'
import { jsonFormats } from './json-schema/formats.ts'
import { textFormat } from './text-format.ts'

describe('formats of texts', () => {
  it('are told by form', () => {
    for (const [text, format] of [
      ['9f1c2a34-6f1b-4d3e-8a5c-0123456789ab', 'uuid'],
      ['9F1C2A34-6F1B-4D3E-8A5C-0123456789AB', 'uuid'],
      ['2026-11-22', 'date'],
      ['2026-11-22T10:00:00Z', 'date-time'],
      ['2026-11-22T10:00:00.123+01:00', 'date-time'],
      ['10:00:00Z', 'time'],
      ['jane@example.com', 'email'],
      ['192.0.2.1', 'ipv4'],
      ['2001:db8::1', 'ipv6'],
      ['https://example.com/a?b=c', 'uri'],
      ['01ARZ3NDEKTSV4RRFFQ69G5FAV', 'ulid'],
      ['507f1f77bcf86cd799439011', 'object-id'],
      ['5f4dcc3b5aa765d61d8327deb882cf99', 'hash'],
      ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'jwt'],
      ['dGhpcyBpcyBhIHNlY3JldCB0b2tlbiE', 'base64url'],
      ['0042', 'digits'],
      ['12.50', 'decimal'],
      ['-3.5', 'decimal'],
      ['blue-t-shirt-2', 'slug'],
      ['', null],
      ['hello', null],
      ['hello world', null],
      ['2026-13-01', null],
      ['2026-11-22 10:00', null],
      ['1.2.3', null],
      ['a@', null],
      ['a:b', null],
      ['256.0.0.1', null],
      ['https://exa mple.com/', null],
      ['Grüße', null],
      ['x'.repeat(3000), null],
    ] as const)
      assert.equal(textFormat(text, characterMask(text)), format, text)
  })

  it('that JSON Schema names are asserted by our own validator', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.emailAddress(),

      fc.uuid(),
      fc.ipV4(),
      fc.ipV6(),
      fc.date({ noInvalidDate: true }).map(date => date.toISOString()),
      fc.stringMatching(/^[-\d:.TZ+]{5,30}$/),
    )
    fc.assert(
      fc.property(texts, text => {
        const format = textFormat(text, characterMask(text))
        const asserted = format === null ? undefined : jsonFormats.get(format)
        if (asserted !== undefined) assert.ok(asserted(text), `${format}: ${text}`)
      }),
      { numRuns: 100 },
    )
  })
})
