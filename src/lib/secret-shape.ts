// Hot path: once per long segment of a path.
import { isIban } from './iban.ts'
import { knownToken } from './known-token.ts'
import { nationalId } from './national-id.ts'

/** What a text looks like when it should not be written down as it is. */
export type SecretShape = 'email' | 'phone' | 'card' | 'iban' | 'national-id' | 'jwt' | 'token'

const email = /[^\s@/:;,=<>()]@[^\s@/:;,=<>()]+\.[a-z\d-]{2,}/i
const jwt = /eyJ[\w-]{6,}/
const phoneMarked = /^(?:\+|00)[\d .()-]{7,22}$/
const phoneGrouped = /^\(?\d{2,5}\)?[ .-]\d{2,5}[ .-]\d{2,6}(?:[ .-]\d{1,6})?$/
const phonePlain = /^\d{10,12}$/
const date = /^\d{4}[ .-]\d{2}[ .-]\d{2}$/
const address = /^\d{1,3}(?:\.\d{1,3}){3}$/
const cardRun = /\d(?:[ -]?\d){12,18}/
const tokenRun = /[\w+/=-]{20,}/g
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const hex = /^[0-9a-f]+$/i
const digits = /^\d+$/
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/**
 * The personal or secret shape of one segment or word (percent-decoded), or null. Leans to hiding: a hidden identifier still correlates by
 * its hash, a written one is a leak. UUIDs, ULIDs, 24-digit object ids, dates and slugs are identifiers, not secrets.
 */
export function secretShape(text: string): SecretShape | null {
  let digitCount = 0
  let letters = 0
  let others = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 48 && code <= 57) digitCount++
    else if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90)) letters++
    else if (code !== 95 && code !== 45 && code !== 43 && code !== 47 && code !== 61) others++
  }
  // What is asked below only where it can be: a regular expression that finds nothing costs as much as all of the loop above.
  if (text.includes('eyJ') && jwt.test(text)) return 'jwt'
  if (text.includes('@') && email.test(text)) return 'email'
  const spelt = letters === 0
  if (spelt && (phonePlain.test(text) || phoneMarked.test(text))) return 'phone'
  const run = digitCount >= 13 ? cardRun.exec(text) : null
  if (run !== null && isCard(run[0])) return 'card'
  if (spelt && phoneGrouped.test(text) && !date.test(text) && !address.test(text)) return 'phone'
  if (text.length >= 15 && text.length <= 42 && isIban(text)) return 'iban'
  if (text.length >= 9 && text.length <= 24 && nationalId(text, false) !== null) return 'national-id'
  if (knownToken(text) !== null) return 'token'
  if (text.length < 20) return null
  // Mostly it is one word.
  if (others === 0) return isToken(text) || isMixed(text) ? 'token' : null
  for (const [word] of text.matchAll(tokenRun)) if (isToken(word) || isMixed(word)) return 'token'
  return null
}

/** `V1StGXR8_Z5jdHi6B-myT…`: random with separators inside. Small and capital letters and digits, changing at every third character or sooner. */
function isMixed(word: string): boolean {
  if (!/[a-z]/.test(word) || !/[A-Z]/.test(word) || !/\d.*\d/.test(word)) return false
  const text = word.replace(/[^A-Za-z\d]/g, '')
  return text.length >= 18 && changesIn(text) >= text.length / 3
}

/** Would a random generator write this? Judged by how often its kind of character changes, in the longest piece without separators. */
export function isToken(word: string): boolean {
  const { length } = word
  if (length < 20 || (length === 36 && uuid.test(word)) || (length === 26 && ulid.test(word)) || digits.test(word))
    return false
  if (hex.test(word)) return word.length >= 32
  let longest = ''
  for (const piece of word.split(/[-_]/)) if (piece.length > longest.length) longest = piece
  if (longest.length < 14 || hex.test(longest)) return longest.length >= 32
  return changesIn(longest) >= longest.length / 4
}

function changesIn(text: string): number {
  let changes = 0
  for (let i = 1; i < text.length; i++) if (kind(text.charCodeAt(i)) !== kind(text.charCodeAt(i - 1))) changes++
  return changes
}

function kind(code: number): number {
  if (code >= 97 && code <= 122) return 0
  if (code >= 65 && code <= 90) return 1
  return 2
}

/** 13 to 19 digits of a known issuer range whose check digit is right (ISO/IEC 7812-1, Luhn). Spaces and dashes are skipped. */
export function isCard(text: string): boolean {
  const number = text.replace(/\D/g, '')
  if (number.length < 13 || number.length > 19 || !/^(?:4|5[1-5]|2[2-7]|3[045678]|6)/.test(number)) return false
  let sum = 0
  for (let i = 0; i < number.length; i++) {
    const digit = number.charCodeAt(number.length - 1 - i) - 48
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}
