import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPhoneNumber } from './phone-number.ts'

describe('phone numbers', () => {
  it('are E.164, or the North American grouping, under any name', () => {
    for (const text of [
      '+14155550199',
      '+49 151 23456789',
      '+44 (0)20 7946 0958',
      '(415) 555-0199',
      '415-555-0199',
      '415.555.0199',
      '1-415-555-0199',
      '0044 20 7946 0958',
    ])
      assert.ok(isPhoneNumber(text, false), text)
  })

  it('are any national spelling under a name that says so', () => {
    for (const text of [
      '0151 23456789',
      '030/1234567',
      '4155550199',
      '01 42 68 53 00',
      '(030) 1234-567',
      '004915123456789',
    ]) {
      assert.ok(isPhoneNumber(text, true), text)
      assert.ok(!isPhoneNumber(text, false), text)
    }
  })

  it('are nothing else', () => {
    for (const text of [
      '',
      '12345',
      '+1',
      '+999123456789',
      '+1234',
      '2026-11-22',
      '2026.11.22',
      '0000000',
      '1111111111',
      '+49 151 2345678 9012345',
      '555-CALL-NOW',
      '12:30:45 12',
      'x4155550199',
      '1'.repeat(26),
      '('.repeat(20),
    ])
      assert.ok(!isPhoneNumber(text, true), text)
  })
})
