import { isLuhn } from './luhn.ts'

/** First and last prefix (as numbers of equal length) of an issuer network, with the lengths of its numbers. */
type Range = readonly [first: number, last: number, lengths: readonly number[]]

/** ISO/IEC 7812 issuer identification numbers as the networks publish them. */
const ranges: readonly Range[] = [
  [4, 4, [13, 16, 19]],
  [51, 55, [16]],
  [222100, 272099, [16]],
  [34, 34, [15]],
  [37, 37, [15]],
  [300, 305, [14]],
  [36, 36, [14]],
  [38, 39, [14, 16]],
  [6011, 6011, [16, 19]],
  [644, 649, [16, 19]],
  [65, 65, [16, 19]],
  [622126, 622925, [16, 19]],
  [3528, 3589, [16, 19]],
  [62, 62, [16, 17, 18, 19]],
  [2200, 2204, [16]],
  [9792, 9792, [16]],
  [508500, 508999, [16]],
  [606985, 607984, [16]],
  [5018, 5018, [12, 13, 14, 15, 16, 17, 18, 19]],
  [5020, 5020, [12, 13, 14, 15, 16, 17, 18, 19]],
  [5038, 5038, [12, 13, 14, 15, 16, 17, 18, 19]],
  [6759, 6763, [12, 13, 14, 15, 16, 17, 18, 19]],
  [6304, 6304, [12, 13, 14, 15, 16, 17, 18, 19]],
]

const grouped = /^\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?$|^\d{4}([ -])\d{6}\2\d{4,5}$/

/** `plain`: digits alone; `grouped`: written as on a card; null: no card number (issuer range, length, check digit). */
export function paymentCard(text: string): 'plain' | 'grouped' | null {
  if (text.length < 12 || text.length > 23) return null
  const plain = /^\d+$/.test(text)
  if (!plain && !grouped.test(text)) return null
  const digits = plain ? text : text.replace(/\D/g, '')
  const known = ranges.some(([first, last, lengths]) => {
    const prefix = Number(digits.slice(0, String(first).length))
    return prefix >= first && prefix <= last && lengths.includes(digits.length)
  })
  return known && isLuhn(digits) ? (plain ? 'plain' : 'grouped') : null
}
