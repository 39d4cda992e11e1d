import type { Exchange } from '../../core/exchange.ts'
import { claimAt } from './claims.ts'

/** Sets request headers from verified claims; null, or in private words why a claim cannot be a header. */
export type AddClaimHeaders = (x: Exchange, claims: Readonly<Record<string, unknown>>) => string | null

const sendable = /^(?:[\x21-\x7e\x80-\xff](?:[ \x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/

/**
 * Claims → headers toward the service, or null when there are none to set. Text goes as UTF-8; a list as its members with
 * commas between them. A claim that is not there sets nothing, and the client's own header was taken away at the edge.
 */
export function claimHeaders(wanted: Readonly<Record<string, string>>): AddClaimHeaders | null {
  const pairs = Object.entries(wanted)
  if (pairs.length === 0) return null
  return (x, claims) => {
    for (const [claim, header] of pairs) {
      const value = claimAt(claims, claim) ?? null
      if (value === null) continue
      const text = Array.isArray(value) ? listText(value) : plainText(value)
      // A line end or a comma inside a member would let whoever chose a group name write further headers or members.
      if (text === null || !sendable.test(text)) return `the claim ${claim} cannot be sent as a header`
      x.setRequest(header, text)
    }
    return null
  }
}

function listText(members: readonly unknown[]): string | null {
  const texts = members.map(plainText)
  return texts.some(text => text === null || text.includes(',')) ? null : texts.join(',')
}

function plainText(value: unknown): string | null {
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('latin1')
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}
