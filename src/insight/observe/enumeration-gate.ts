// Hot path: words of every observed body.
import type { KeyedHash } from './keyed-hash.ts'

/** A word that may be a member of an enumeration: always its hash, and the word itself once it has come often enough. */
export interface GatedWord {
  readonly hash: string
  readonly value?: string
}

export interface EnumerationGate {
  /** Called once per exchange, before its words. */
  next(): void
  /** `name`: the field. null: the text is nothing that a list of choices would hold. */
  word(name: string, text: string, choice: boolean): GatedWord | null
}

interface Seen {
  count: number
  exchange: number
  open: GatedWord
  readonly shut: GatedWord
}

/** A word comes out in clear only after so many exchanges had it in the same field: what is one person's own comes once. */
const exchangesMin = 3
const rememberedMax = 8192

/** No word of a list is longer; a pass phrase without spaces is. */
const constant = /^[A-Z]{1,16}(?:[_-][A-Z]{1,16}){0,4}\d{0,3}$/
const lowerWord = /^[a-z]{1,16}(?:[-_.:/][a-z]{1,16}){0,4}(?:[-_.]?v?\d{1,3}(?:\.\d{1,3})?)?$/
const camel = /^[a-z]{1,16}(?:[A-Z][a-z]{1,15}){1,4}$/
const capitalised = /^[A-Z][a-z]{1,15}(?:[A-Z][a-z]{1,15}){0,3}$/
const language = /^[a-z]{2,3}(?:[-_](?:[A-Z]{2}|[A-Z][a-z]{3}|\d{3})){1,2}$/
const version = /^v?\d{1,3}(?:\.\d{1,3}){0,2}$/
const vowel = /[aeiouy]/i
/** What people choose; a member of an enumeration is never called so. */
const passwords =
  /^(?:password|passw0rd|letmein|qwerty|hunter|iloveyou|welcome|monkey|dragon|changeme|secret|abc|test)\d+$/

/** Decides which words an observation may hold in clear. Bounded: the least recently seen half is forgotten. */
export function createEnumerationGate(hash: KeyedHash): EnumerationGate {
  let young = new Map<string, Seen>()
  let old = young
  let exchange = 0
  return {
    next() {
      exchange++
    },
    word(name, text, choice) {
      const key = `${name}\0${text}`
      let seen = young.get(key)
      if (seen === undefined) {
        seen = old.get(key)
        if (seen === undefined) {
          if (!looksChosen(text, choice)) return null
          const shut: GatedWord = { hash: hash(text) }
          seen = { count: 0, exchange: -1, open: shut, shut }
        }
        if (young.size >= rememberedMax) {
          old = young
          young = new Map()
        }
        young.set(key, seen)
      }
      if (seen.count <= exchangesMin && seen.exchange !== exchange) {
        seen.exchange = exchange
        if (++seen.count === exchangesMin) seen.open = { hash: seen.shut.hash, value: text }
      }
      return seen.open
    },
  }
}

/** Would a programmer write it into a list? `choice`: the name of the field says that there is one, so capitalised words are taken too. */
export function looksChosen(text: string, choice: boolean): boolean {
  const length = text.length
  if (length === 0 || length > 32) return false
  if (constant.test(text)) return length <= 3 || hasVowels(text)
  if (passwords.test(text)) return false
  if (lowerWord.test(text)) return hasVowels(text)
  return camel.test(text) || language.test(text) || (choice && (version.test(text) || capitalised.test(text)))
}

/** Words can be spoken; keys and codes of one thing cannot. */
function hasVowels(text: string): boolean {
  return text.length <= 4 || vowel.test(text)
}
