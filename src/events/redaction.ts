// Hot path: `path` once per exchange.
import { createHmac } from 'node:crypto'
import { knownToken } from '../lib/known-token.ts'
import { type SecretShape, secretShape } from '../lib/secret-shape.ts'

/** What no event may say in clear, replaced by `{class:hash}`; equal values keep equal hashes, so calls still correlate. */
export interface Redaction {
  /** A canonical path with its personal and secret segments replaced. */
  path(path: string): string
  /** A host with such labels replaced: behind a wildcard a stranger chooses them. */
  host(host: string): string
  /** One name (of a query parameter): a stranger can write a token there as well. */
  name(name: string): string
  /** An id that another program wrote down: random as ids are, but clients choose some of them. */
  id(id: string): string
  /** Private words: credentials that slipped into a reason are replaced. */
  words(text: string): string
}

const shapeMax = 256
/** What is behind is not written anyway, and a stranger may choose the length. */
const wordsMax = 1024

const suspiciousWords = /eyJ|[@=]|bearer|basic|digest|dpop|-----|[^ ]{20}|\d[\d -]{11}/i
const scheme = /\b(bearer|basic|digest|dpop|negotiate)[ :]+(?!\{)[^\s,;"']+/gi
const jwtWord = /eyJ[\w-]{6,}[\w.=-]*/g
const userinfo = /:\/\/[^/\s@]{1,256}@/g
const emailWord = /[^\s@/:;,=<>()"'`{}]{1,64}@[^\s@/:;,=<>()"'`{}]{1,255}\.[a-z][a-z\d-]+/gi
const assigned =
  /(?<!\{(?=token:[0-9a-f]{16}\}))\b(password|passwd|pwd|secret|token|api[-_]?key|authorization|cookie)(["']?\s*[=:]\s*["']?)(?!\{)[^\s,;"'&]+/gi
const pem = /-----BEGIN [^-]+-----[^]*?(?:-----END [^-]+-----|$)/g
const longWord = /[\w+/=-]{20,}/g
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** Already replaced: what was written down once can be read and written down again. */
const replaced = /^\{[a-z-]{2,16}:[0-9a-f]{16}\}$/
const space = /\s/
const spaced = /\p{L}.*\s.*\p{L}/su
const address = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[?[\da-f:.]*:[\da-f:.]*\]?)$/
const number = /^\d+$/
/** An id of our own, without as many digits in a row as a number of a card has: nothing that is masked in ids looks so. */
const ownId = /^(?!.*\d(?:-?\d){12})[0-9a-f]{16}-[0-9a-f]{6,14}$/
/** Masks are found first, so that the digits of their hashes are no run. */
const digitRun = /\{[a-z-]{2,16}:[0-9a-f]{16}\}|\d(?:[ -]?\d){12,18}/g

/** `key`: at least 16 random bytes that stay in this deployment; whoever has it can try values against hashes. */
export function createRedaction(key: Uint8Array): Redaction {
  if (key.length < 16) throw new RangeError('the key of the event hashes needs at least 16 bytes')

  /** 64 bits: enough to correlate, too short to be worth inverting for anything long. */
  function masked(shape: SecretShape | 'long' | 'text', text: string): string {
    return `{${shape}:${createHmac('sha256', key).update(text).digest('hex').slice(0, 16)}}`
  }

  function segment(raw: string): string {
    if (!suspicious(raw) || (raw.length === 36 && uuid.test(raw)) || replaced.test(raw)) return raw
    const text = decoded(raw)
    // Nothing that people name is so long, and the shapes below take time. Words with spaces are what people write: names, addresses, messages.
    const shape =
      text.length > shapeMax ? 'long' : (secretShape(text) ?? (space.test(text) && spaced.test(text) ? 'text' : null))
    return shape === null ? raw : masked(shape, text)
  }

  return {
    path(path) {
      if (!suspicious(path)) return path
      // Mostly nothing is found in the end, and then nothing is put together.
      let out = ''
      let copied = 0
      for (let from = 0; from <= path.length; ) {
        const slash = path.indexOf('/', from)
        const to = slash < 0 ? path.length : slash
        const raw = path.slice(from, to)
        const shown = segment(raw)
        if (shown !== raw) {
          out += path.slice(copied, from) + shown
          copied = to
        }
        from = to + 1
      }
      return copied === 0 ? path : out + path.slice(copied)
    },
    host(host) {
      if (!suspicious(host) || address.test(host)) return host
      // Hosts are in lower case, in which a key of capitals is not known as one.
      const labels = host
        .split('.')
        .map(label => (knownToken(label.toUpperCase()) === null ? segment(label) : masked('token', label)))
        .join('.')
      return labels === host ? segment(host) : labels
    },
    name(name) {
      return segment(name)
    },
    id(id) {
      if (ownId.test(id)) return id
      if (knownToken(id) !== null) return masked('token', id)
      const shape = suspicious(id) && !replaced.test(id) ? secretShape(id) : null
      // Random characters, or ten digits, are what an id is made of.
      return shape === null || shape === 'token' || (shape === 'phone' && number.test(id)) ? id : masked(shape, id)
    },
    words(text) {
      if (text === '' || !suspiciousWords.test(text)) return text
      return text
        .slice(0, wordsMax)
        .replace(pem, '{pem}')
        .replace(jwtWord, word => masked('jwt', word))
        .replace(scheme, (_, name: string) => `${name} {credential}`)
        .replace(assigned, (_, name: string, sign: string) => `${name}${sign}{credential}`)
        .replace(userinfo, '://{credential}@')
        .replace(emailWord, word => masked('email', word))
        .replace(digitRun, word => (!replaced.test(word) && secretShape(word) === 'card' ? masked('card', word) : word))
        .replace(longWord, word => {
          const shape = secretShape(word)
          return shape === null ? word : masked(shape, word)
        })
    },
  }
}

/**
 * May a segment of this hold something of a personal or secret shape? Free for the ordinary path: `@`, `%`, `+`, `(`, nine digits, seven
 * among 15 characters, or 20 characters in one segment. A loop because the regular expression for it took ten times as long.
 */
function suspicious(path: string): boolean {
  let length = 0
  let digits = 0
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i)
    if (code === 47) {
      length = 0
      digits = 0
    } else if (
      ++length === 20 ||
      (length === 15 && digits >= 6) ||
      code === 64 ||
      code === 37 ||
      code === 43 ||
      code === 40
    )
      return true
    else if (code >= 48 && code <= 57 && ++digits === 9) return true
  }
  return false
}

function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
