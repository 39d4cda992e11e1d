import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { characterMask } from '../../lib/character-mask.ts'
import { textFormat } from '../../lib/text-format.ts'
import type { DataClass } from '../model/data-class.ts'
import { classOfNumber, classOfText } from './data-classes.ts'
import { nameHint } from './field-name.ts'

function classOf(name: string, value: string | number, person = false): DataClass | null {
  const hint = nameHint(name)
  if (typeof value === 'number') return classOfNumber(value, hint)
  const mask = characterMask(value)
  return classOfText(value, textFormat(value, mask), mask, hint, person)
}

/** Name of the field, value; the class that it has. */
const found: Readonly<Record<DataClass, ReadonlyArray<readonly [name: string, value: string | number]>>> = {
  email: [
    ['email', 'jane.doe+shop@example.co.uk'],
    ['x', 'jane@example.com'],
    ['userName', "o'brien@example.ie"],
    ['contact', 'first.last@sub.domain.example'],
  ],
  phone: [
    ['phone', '+49 151 23456789'],
    ['x', '+14155550199'],
    ['mobile_number', '0151 23456789'],
    ['tel', '(0)30-1234567'],
    ['phoneNumber', '4155550199'],
    ['x', '(415) 555-0199'],
    ['x', '415-555-0199'],
    ['x', '+44 (0)20 7946 0958'],
    ['fax', '0033 1 42 68 53 00'],
    ['msisdn', 4915123456789],
  ],
  'payment-card': [
    ['cardNumber', '4111111111111111'],
    ['x', '4111111111111111'],
    ['x', '4111 1111 1111 1111'],
    ['x', '3782-822463-10005'],
    ['pan', '6011111111111117'],
    ['number', '5555555555554444'],
    ['cc', '30569309025904'],
    ['card_number', '3530111333300000'],
    ['pan', 4111111111111111],
    ['card', '2223003122003222'],
    ['card', '6759649826438453'],
  ],
  iban: [
    ['iban', 'DE89370400440532013000'],
    ['x', 'GB82 WEST 1234 5698 7654 32'],
    ['account', 'FR1420041010050500013M02606'],
    ['x', 'NO9386011117947'],
    ['x', 'MT84MALT011000012345MTLCAST001S'],
  ],
  'national-id': [
    ['ssn', '078-05-1120'],
    ['x', '078-05-1121'],
    ['ssn', '219099998'],
    ['nationalInsuranceNumber', 'AB123456C'],
    ['x', 'AB 12 34 56 C'],
    ['taxId', '86095742719'],
    ['steuerId', '86095742719'],
    ['x', '255081416802538'],
    ['dni', '12345678Z'],
    ['nie', 'X1234567L'],
    ['x', 'RSSMRA85T10A562S'],
    ['pesel', '44051401359'],
    ['bsn', '111222333'],
    ['x', '390.533.447-05'],
    ['cpf', '39053344705'],
    ['aadhaar', '2341 2341 2346'],
    ['personnummer', '811218-9876'],
    ['x', '131052-308T'],
    ['x', '85.07.30-033.28'],
    ['x', '756.9217.0769.85'],
    ['sin', '123 456 782'],
    ['x', '11010519491231002X'],
    ['kimlik', '10000000146'],
    ['nric', 'S1234567D'],
    ['x', 'HEGG560427MVZRRL04'],
    ['passportNumber', 'C01X00T47'],
    ['ssn', 219099998],
  ],
  'person-name': [
    ['firstName', 'Ada'],
    ['last_name', "O'Connor"],
    ['fullName', 'José María de la Cruz'],
    ['customerName', 'ada lovelace'],
    ['cardholder', 'A LOVELACE'],
  ],
  'postal-address': [
    ['street', '12 St James Square'],
    ['addressLine1', 'Hauptstraße 5'],
    ['zip', '10115'],
    ['postcode', 'SW1Y 4JH'],
    ['city', 'London'],
    ['shipping_address', '1 Main St, Springfield'],
  ],
  'birth-date': [
    ['birthDate', '1985-12-10'],
    ['dob', '10/12/1985'],
    ['date_of_birth', '19851210'],
    ['geburtsdatum', '10.12.1985'],
    ['dob', 503020800],
  ],
  location: [
    ['lat', 52.52],
    ['longitude', 13.405],
    ['lng', '13.4050'],
    ['coordinates', '52.52,13.405'],
    ['gps', 'geo:52.52,13.405'],
  ],
  'ip-address': [
    ['ip', '198.51.100.7'],
    ['x', '2001:db8::1'],
    ['clientIp', '10.0.0.1'],
  ],
  password: [
    ['password', 'hunter2'],
    ['newPassword', 'Tr0ub4dor&3'],
    ['pwd', '1234'],
    ['user_password', 'a b'],
  ],
  token: [
    ['x', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'],
    ['accessToken', 'ya29.a0AfH6SMBx1234567890abcdef'],
    ['refresh_token', 'def50200a1b2c3d4'],
    ['session_id', 'k3jh4kj5h6'],
    ['x', 'ghp_16C7e42F292c6912E7710c838347Ae178B4a'],
    ['message', 'use ghp_16C7e42F292c6912E7710c838347Ae178B4a to clone'],
    ['x', 'xoxb-123456789012-abcdefABCDEF'],
    ['resetCode', 'A1B2C3D4'],
  ],
  'api-key': [
    ['apiKey', 'a1b2c3d4e5f6'],
    ['x', 'AKIAIOSFODNN7EXAMPLE'],
    ['x', 'sk_live_4eC39HqLyjWDarjtT1zdp7dc'],
    ['x', 'AIzaSyA1234567890abcdefghijklmnopqrstuv'],
    ['access_key', 'JWTabc123456'],
  ],
  'private-key': [
    ['x', '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA1\n-----END RSA PRIVATE KEY-----'],
    ['privateKey', 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj'],
  ],
  secret: [
    ['clientSecret', 'q8sd7f6q8s7df6'],
    ['cvv', '123'],
    ['otp', '739154'],
    ['cvc', 123],
    ['x', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  ],
}

/** What looks like something and is not. */
// biome-ignore format: a table
const innocent: ReadonlyArray<readonly [name: string, value: string | number]> = [
  ['orderNumber', '4111111111111111'], ['order_id', '4111111111111111'], ['orderId', 4111111111111111],
  ['trackingNumber', '6011111111111117'], ['x', '4111111111111112'], ['x', '1763795341234567'], ['x', '4012888888881881234'],
  ['x', '5551234567'], ['orderNumber', '415-555-0199'], ['id', '+14155550199'], ['x', '0000123456'], ['x', '00491512345678'],
  ['x', '2026-11-22'], ['phoneType', 'mobile'], ['phone', '2026-11-22'], ['phone', 'none'], ['phone', '0000000'], ['phone', '12345'],
  ['x', '+999123456789'],   ['x', '000-12-3456'], ['x', '666-12-3456'], ['x', '900-12-3456'], ['x', '123-00-4567'], ['x', '123-45-0000'], ['ssn', '111111111'],
  ['x', '123456789'], ['x', '86095742719'], ['x', '12345678Z'], ['x', 'AB123456C'], ['dni', '12345678A'], ['x', 'RSSMRA85T10A562T'],
  ['pesel', '44051401358'], ['cpf', '111.111.111-11'], ['aadhaar', '234123412347'], ['x', '2341 2341 2346'],
  ['x', 'DE89370400440532013001'], ['iban', 'DE8937040044053201300'], ['x', 'XX89370400440532013000'],
  ['email', 'n/a'], ['email', 'jane'], ['x', '@handle'], ['x', 'a@b'], ['emailVerified', 'true'], ['emailTemplate', 'welcome-mail'],
  ['version', '1.2.3'], ['x', '1.2.3.400'], ['x', '::'.repeat(9)],
  ['name', 'Blue Cotton Shirt'], ['productName', 'Ada'], ['fileName', 'Ada.pdf'], ['hostName', 'Ada'],
  ['passwordPolicy', 'strict'], ['password_expires_at', '2026-11-22T10:00:00Z'], ['passwordUrl', 'https://example.com/reset'], ['password', ''],
  ['tokenType', 'Bearer'], ['token', 'next'], ['nextPageToken', 'CAUQAA1234'], ['page_token', 'abcdef123456'], ['tokens', 1200], ['tokenCount', 12],
  ['secret', 'no'], ['apiKeyId', '17'], ['keyword', 'blue'], ['key', 'value'], ['keys', 'a,b'],
  ['emailAddressCount', 3], ['walletAddress', '0x52908400098527886E0F7030069857D2E4169EE7'], ['ipAddressCount', '17'], ['macAddress', '00:1A:2B:3C:4D:5E'],
  ['createdAt', '1985-12-10'], ['releaseDate', '1985-12-10'], ['dob', 'unknown'], ['birthdayDiscount', '10%'],
  ['latency', 52.5], ['flat', 3], ['long', 250], ['plot', '13.405'], ['translation', 'x'],
  ['pin', 'pinned'], ['shippingOption', 'express'], ['spinner', '1234'], ['description', 'call us at noon'], ['sku', 'TSHIRT-BLUE-M'],
  ['id', '9f1c2a34-6f1b-4d3e-8a5c-0123456789ab'], ['x', '507f1f77bcf86cd799439011'], ['x', 'cus_9s6XKzkNRiz8i3'], ['etag', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ['x', 'ghp_short'], ['x', 'AKIA1234'], ['x', 'sk_live_x'], ['x', 'eyJhbGciOiJIUzI1NiJ9'], ['x', '-----BEGIN PUBLIC KEY-----'], ['x', '-----BEGIN CERTIFICATE-----'],
]
describe('classes of data', () => {
  it('are found by what proves them, or by a name with a value that fits it', () => {
    const rows = Object.entries(found).flatMap(([expected, list]) =>
      list.map(([name, value]) => ({ expected, name, value })),
    )
    const wrong = rows.filter(({ expected, name, value }) => classOf(name, value) !== expected)
    assert.deepEqual(
      wrong.map(row => ({ ...row, got: classOf(row.name, row.value) })),
      [],
    )
    assert.ok(rows.length >= 95, String(rows.length))
  })

  it('are not seen in what only looks like them', () => {
    const wrong = innocent.filter(([name, value]) => classOf(name, value) !== null)
    assert.deepEqual(
      wrong.map(([name, value]) => [name, value, classOf(name, value)]),
      [],
    )
    assert.ok(innocent.length >= 90, String(innocent.length))
  })

  it('a bare name is a person where the object is about one', () => {
    assert.equal(classOf('name', 'Ada Lovelace', true), 'person-name')
    assert.equal(classOf('name', 'ada', true), null)
    assert.equal(classOf('name', 'Ada Lovelace', false), null)
  })

  it('numbers in a row are neither cards nor phones nor ids: false alarms by chance stay below one in 1,000', () => {
    let wrong = 0
    let state = 1
    for (let i = 0; i < 20_000; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      const digits = 8 + (state % 6)
      const text = String(state).padStart(10, '3').repeat(2).slice(0, digits)
      if (
        classOf('x', text) !== null ||
        classOf('number', `ORD-${text}`) !== null ||
        classOf('x', Number(text)) !== null
      )
        wrong++
    }
    assert.ok(wrong < 20, String(wrong))
  })
})
