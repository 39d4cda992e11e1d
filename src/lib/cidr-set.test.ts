import assert from 'node:assert/strict'
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { addressBlock, formatIPv4, parseIPv4, parseIPv6, unmapAddress } from './address.ts'
import { createCidrSet, type CidrSet } from './cidr-set.ts'

const groups = new Uint16Array(8)

function set(...networks: string[]): CidrSet {
  const made = createCidrSet(networks)
  assert.ok('has' in made, JSON.stringify(made))
  return made
}

it('refuses every spelling of an address that another reader would take for another one', () => {
  const wrong = [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.04',
    '0x7f.0.0.1',
    '256.1.1.1',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.',
    '1..2.3',
    '2130706433',
    '1.2.3.4\n',
  ]
  for (const text of wrong) assert.equal(parseIPv4(text), -1, text)
  const wrong6 = [
    '',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    '::1:',
    ':1::',
    'g::',
    '1:2:3:4:5:6:7::8:9',
    '::1.2.3',
    '::1.2.3.4.5',
    '::01.2.3.4',
    '1.2.3.4',
    '[::1]',
    '1:2:3:4:5:6:7:1.2.3.4',
  ]
  for (const text of wrong6) assert.equal(parseIPv6(text, groups), false, text)
})

it('reads exactly the addresses that the platform reads', () => {
  const character = fc.constantFrom(...'0123456789abcdefF:.:.%'.split(''))
  const noise = fc.array(character, { maxLength: 24 }).map(parts => parts.join(''))
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    noise,
    fc.tuple(fc.ipV6(), noise).map(parts => parts.join('')),
  )
  fc.assert(
    fc.property(text, address => {
      if (address.includes('%')) return
      assert.equal(parseIPv4(address) !== -1, isIPv4(address), address)
      assert.equal(parseIPv6(address, groups), isIPv6(address), address)
    }),
    { numRuns: 20_000 },
  )
})

it('un-maps IPv4 in IPv6 however it is spelt, and drops zones', () => {
  const rows: Array<[string, string]> = [
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:102:304', '1.2.3.4'],
    ['0:0:0:0:0:ffff:1.2.3.4', '1.2.3.4'],
    ['::1.2.3.4', '::1.2.3.4'],
    ['fe80::1%eth0', 'fe80::1'],
    ['192.0.2.1', '192.0.2.1'],
    ['', ''],
    ['not:an:address', 'not:an:address'],
  ]
  for (const [given, expected] of rows) assert.equal(unmapAddress(given), expected)
})

it('counts a whole IPv6 /64 as one caller', () => {
  assert.equal(addressBlock('2001:db8:0:1:aaaa::1'), '2001:db8:0:1::/64')
  assert.equal(addressBlock('2001:db8:0:1:ffff:ffff:ffff:ffff'), addressBlock('2001:db8:0:1::'))
  assert.notEqual(addressBlock('2001:db8:0:2::'), addressBlock('2001:db8:0:1::'))
  assert.equal(addressBlock('::ffff:10.0.0.1'), '10.0.0.1')
  assert.equal(addressBlock('10.0.0.1'), '10.0.0.1')
})

it('names every entry of a list that is no network', () => {
  const faults = createCidrSet([
    '10.0.0.0/8',
    '10.0.0.1/8',
    '1.2.3.4/33',
    '::/129',
    'x',
    '1.2.3.4/',
    '1.2.3.4/08',
    '2001:db8::1/32',
    'fe80::%1/64',
    '::ffff:1.2.3.4/90',
  ])
  assert.ok(!('has' in faults))
  assert.deepEqual(
    faults.map(fault => fault.index),
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  )
})

it('finds the first and last address of a network and not their neighbours', () => {
  const list = set('10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1')
  for (const inside of [
    '10.0.0.0',
    '10.255.255.255',
    '192.0.2.7',
    '2001:db8::',
    '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    '::1',
    '::ffff:10.1.2.3',
  ])
    assert.equal(list.has(inside), true, inside)
  for (const outside of [
    '9.255.255.255',
    '11.0.0.0',
    '192.0.2.6',
    '192.0.2.8',
    '2001:db7:ffff::',
    '2001:db9::',
    '::',
    '::2',
    '::ffff:11.0.0.0',
  ])
    assert.equal(list.has(outside), false, outside)
})

it('says that what is no address is neither in nor out', () => {
  for (const text of ['', 'x', '10.0.0', 'unix']) assert.equal(set('0.0.0.0/0', '::/0').has(text), null, text)
})

it('covers all of IPv4 with /0, and does not let ::/0 stand for it', () => {
  assert.equal(set('0.0.0.0/0').has('255.255.255.255'), true)
  assert.equal(set('0.0.0.0/0').has('::1'), false)
  assert.equal(set('::/0').has('::1'), true)
  assert.equal(set('::/0').has('1.2.3.4'), false)
  assert.equal(set('::ffff:10.0.0.0/104').has('10.9.9.9'), true)
})

it('merges what overlaps or touches', () => {
  assert.equal(set('10.0.0.0/9', '10.128.0.0/9', '10.1.0.0/16', '10.0.0.0/8').ranges, 1)
  assert.equal(set('255.255.255.255', '0.0.0.0').ranges, 2)
  assert.equal(set('2001:db8::/32', '2001:db8:1::/48', '2001:db8::/32').ranges, 1)
})

it('agrees with net.BlockList on random lists and addresses', () => {
  const v4 = fc.tuple(fc.nat(0xffffffff), fc.integer({ min: 0, max: 32 })).map(([value, bits]) => {
    const size = 2 ** (32 - bits)
    return `${formatIPv4(Math.floor(value / size) * size)}/${bits}`
  })
  const v6 = fc
    .tuple(fc.array(fc.nat(0xffff), { minLength: 4, maxLength: 4 }), fc.constantFrom(16, 32, 48, 64))
    .map(([parts, bits]) => `${parts.map((part, i) => (i * 16 < bits ? part.toString(16) : '0')).join(':')}::/${bits}`)
  const list = fc.array(fc.oneof(v4, v6), { maxLength: 40 })
  fc.assert(
    fc.property(list, fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 20 }), (networks, addresses) => {
      const ours = set(...networks)
      const theirs = new BlockList()
      for (const network of networks) {
        const [address = '', bits] = network.split('/')
        theirs.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6')
      }
      const probes = [...addresses, ...networks.map(network => network.split('/')[0] as string)]
      for (const address of probes) {
        if (unmapAddress(address) !== address) continue
        // BlockList lets IPv6 rules of ::ffff:0:0/96 and wider match IPv4; ours keeps the families apart.
        const rule = networks.some(network => network.startsWith('0:0:0:0::') && isIP(address) === 4)
        if (!rule)
          assert.equal(
            ours.has(address),
            theirs.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6'),
            `${address} in ${networks.join(' ')}`,
          )
      }
    }),
    { numRuns: 500 },
  )
})
