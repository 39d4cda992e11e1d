import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { addressKey, joinKeyParts } from './limiter-key.ts'

describe('limiter keys', () => {
  it('two different lists of parts never give one text', () => {
    const list = fc.array(fc.option(fc.string({ unit: fc.constantFrom('a', ':', '-', '1') }), { nil: null }), {
      maxLength: 4,
    })
    fc.assert(
      fc.property(list, list, (one, other) => {
        assert.equal(joinKeyParts(one) === joinKeyParts(other), JSON.stringify(one) === JSON.stringify(other))
      }),
      { numRuns: 2000 },
    )
  })

  const addresses: ReadonlyArray<readonly [address: string, key: string]> = [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002::ffff', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::8', '1:0:0:0::/64'],
    ['1::4:5:6:7:8', '1:0:0:4::/64'],
    ['::3:4:5:6:7:8', '0:0:3:4::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.33', '1:2:3:4::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['no:address', 'no:address'],
  ]
  for (const [address, key] of addresses)
    it(`${address} counts as ${key}`, () => assert.equal(addressKey(address), key))

  it('addresses of one /64 share a key and those of another do not', () => {
    const group = fc.integer({ min: 0, max: 0xffff })
    fc.assert(
      fc.property(
        fc.array(group, { minLength: 8, maxLength: 8 }),
        fc.array(group, { minLength: 4, maxLength: 4 }),
        (one, rest) => {
          const text = (groups: number[]) => groups.map(value => value.toString(16)).join(':')
          const same = [...one.slice(0, 4), ...rest]
          const other = [...one.slice(0, 3), ((one[3] as number) + 1) & 0xffff, ...rest]
          assert.equal(addressKey(text(one)), addressKey(text(same)))
          assert.notEqual(addressKey(text(one)), addressKey(text(other)))
        },
      ),
    )
  })
})
