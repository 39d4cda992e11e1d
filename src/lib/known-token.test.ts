import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { knownToken } from './known-token.ts'

const letters = 'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF3hJ5'

describe('tokens with a known prefix', () => {
  it('are found alone and in a text', () => {
    for (const [text, kind] of [
      ['AKIAIOSFODNN7EXAMPLE', 'api-key'],
      [`AIza${letters.slice(0, 35)}`, 'api-key'],
      [`sk_live_${letters.slice(0, 24)}`, 'api-key'],
      [`sk-proj-${letters}`, 'api-key'],
      [`SG.${letters.slice(0, 22)}.${letters}`, 'api-key'],
      [`key-${'0123456789abcdef'.repeat(2)}`, 'api-key'],
      [`ghp_${letters}`, 'token'],
      [`github_pat_${letters}`, 'token'],
      [`glpat-${letters.slice(0, 20)}`, 'token'],
      ['xoxb-123456789012-abcdef', 'token'],
      [`ya29.${letters}`, 'token'],
      [`npm_${letters}`, 'token'],
      [`hf_${letters}`, 'token'],
      [`dop_v1_${'0123456789abcdef'.repeat(4)}`, 'token'],
      [`shpat_${'0123456789abcdef'.repeat(2)}`, 'token'],
      ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2ln', 'token'],
      [`whsec_${letters}`, 'secret'],
      ['-----BEGIN PRIVATE KEY-----', 'private-key'],
      ['-----BEGIN EC PRIVATE KEY-----', 'private-key'],
      ['-----BEGIN OPENSSH PRIVATE KEY-----', 'private-key'],
    ] as const) {
      assert.equal(knownToken(text), kind, text)
      assert.equal(knownToken(`use "${text}" now`), kind, text)
    }
  })

  it('are not seen in words and in prefixes alone', () => {
    for (const text of [
      'AKIA',
      'AKIA and company limited',
      'sk_live_',
      'task-management-of-the-year',
      'risk-assessment-for-everybody-here',
      'ghp_short',
      'key-value-store-of-the-day',
      'monkey-business-is-good-for-you',
      'eyJhbGciOiJIUzI1NiJ9',
      '-----BEGIN PUBLIC KEY-----',
      '-----BEGIN CERTIFICATE-----',
      'npm_config_registry',
      'hf_transformers',
    ])
      assert.equal(knownToken(text), null, text)
  })
})
