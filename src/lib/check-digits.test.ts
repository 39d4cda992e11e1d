import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { isIban } from './iban.ts'
import { isLuhn } from './luhn.ts'
import { paymentCard } from './payment-card.ts'
import { isVerhoeff } from './verhoeff.ts'

/** Published examples: ISO/IEC 7812, test cards of the networks, the SWIFT registry, UIDAI. */
const luhn = ['79927398713', '4111111111111111', '0', '18']
const verhoeff = ['2363', '234123412346']
const ibans = [
  'AD1200012030200359100100',
  'AE070331234567890123456',
  'AT611904300234573201',
  'BE68539007547034',
  'BR1800360305000010009795493C1',
  'CH9300762011623852957',
  'CY17002001280000001200527600',
  'DE89370400440532013000',
  'DK5000400440116243',
  'ES9121000418450200051332',
  'FI2112345600000785',
  'FR1420041010050500013M02606',
  'GB29NWBK60161331926819',
  'GR1601101250000000012300695',
  'IE29AIBK93115212345678',
  'IT60X0542811101000000123456',
  'LU280019400644750000',
  'MT84MALT011000012345MTLCAST001S',
  'NL91ABNA0417164300',
  'NO9386011117947',
  'PL61109010140000071219812874',
  'PT50000201231234567890154',
  'SA0380000000608010167519',
  'SE4550000000058398257466',
  'TR330006100519786457841326',
]

describe('check digits', () => {
  it('hold for published examples', () => {
    for (const text of luhn) assert.ok(isLuhn(text), text)
    for (const text of verhoeff) assert.ok(isVerhoeff(text), text)
    for (const text of ibans) assert.ok(isIban(text) && isIban(text.replace(/(.{4})(?=.)/g, '$1 ')), text)
    assert.equal(ibans.length, 25)
  })

  it('of every kind find any one wrong digit', () => {
    const wrong = (text: string, at: number, by: number): string => {
      const place = at % text.length
      return text.slice(0, place) + String((Number(text[place]) + 1 + (by % 9)) % 10) + text.slice(place + 1)
    }
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,18}$/), fc.nat(), fc.nat(), (base, at, by) => {
        for (const check of [isLuhn, isVerhoeff]) {
          const right = [...'0123456789'].map(digit => base + digit).filter(check)
          assert.equal(right.length, 1)
          assert.ok(!check(wrong(right[0] as string, at, by)))
        }
      }),
    )
    for (const text of ibans)
      for (let i = 2; i < text.length; i++)
        if (/\d/.test(text.charAt(i)))
          assert.ok(!isIban(text.slice(0, i) + String((Number(text[i]) + 1) % 10) + text.slice(i + 1)), `${text} ${i}`)
  })

  it('of Verhoeff find swapped neighbours too', () => {
    for (const text of ['2363', '234123412346'])
      for (let i = 0; i + 1 < text.length; i++)
        if (text[i] !== text[i + 1])
          assert.ok(
            !isVerhoeff(text.slice(0, i) + text.charAt(i + 1) + text.charAt(i) + text.slice(i + 2)),
            `${text} ${i}`,
          )
  })

  it('of IBANs are not all: country and length must fit', () => {
    for (const text of [
      '',
      'DE',
      'DE8937040044053201300',
      'XX89370400440532013000',
      'DE89370400440532013000X',
      '89DE370400440532013000',
      'DE89-3704-0044-0532-0130-00',
    ])
      assert.ok(!isIban(text), text)
  })
})

describe('payment cards', () => {
  it('are known by network, length and check digit', () => {
    for (const [text, as] of [
      ['4111111111111111', 'plain'],
      ['4222222222222', 'plain'],
      ['5555555555554444', 'plain'],
      ['2223003122003222', 'plain'],
      ['378282246310005', 'plain'],
      ['30569309025904', 'plain'],
      ['6011111111111117', 'plain'],
      ['3530111333300000', 'plain'],
      ['6759649826438453', 'plain'],
      ['6200000000000005', 'plain'],
      ['4111 1111 1111 1111', 'grouped'],
      ['4111-1111-1111-1111', 'grouped'],
      ['3782 822463 10005', 'grouped'],
      ['4111111111111112', null],
      ['411111111111111', null],
      ['9111111111111111', null],
      ['0000000000000000', null],
      ['1234567812345670', null],
      ['4111 1111-1111 1111', null],
      ['41111111 11111111', null],
      ['4111.1111.1111.1111', null],
      ['x4111111111111111', null],
      ['', null],
      ['4'.repeat(40), null],
    ] as const)
      assert.equal(paymentCard(text), as, text)
  })
})
