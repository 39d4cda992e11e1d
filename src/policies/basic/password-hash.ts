import { argon2, scrypt, timingSafeEqual } from 'node:crypto'
import { createRequire } from 'node:module'

/** A stored password, ready to be compared. */
export interface PasswordHash {
  /** As written. */
  readonly text: string
  /** Slow on purpose: runs in libuv's pool. */
  verify(password: string): Promise<boolean>
}

/** bcrypt reads no more (its key is 18 words); a longer password would pass with any tail. */
const BCRYPT_BYTES_MAX = 72
/** Memory of one hash: two run at once. */
const MEMORY_BYTES_MAX = 256 * 1024 * 1024

/** A stored hash from its text, or what is wrong with it. Only slow, salted kinds are understood. */
export function parsePasswordHash(text: string): PasswordHash | string {
  if (/^\$2[aby]\$/.test(text)) return parseBcrypt(text)
  if (text.startsWith('$argon2id$')) return parseArgon2id(text)
  if (text.startsWith('$scrypt$')) return parseScrypt(text)
  return `${kindOf(text)}; use bcrypt (htpasswd -B -C 10), argon2id or scrypt`
}

function kindOf(text: string): string {
  if (text.startsWith('$apr1$') || text.startsWith('$1$')) return 'MD5 is too fast for passwords'
  if (text.startsWith('{SHA}')) return 'unsalted SHA-1 is too fast for passwords'
  if (/^\$[56]\$/.test(text)) return 'SHA-2 crypt is not supported'
  if (/^\$argon2[di]\$/.test(text)) return 'only the id variant of argon2 is supported'
  if (text.startsWith('$2x$')) return '$2x$ marks hashes of a broken bcrypt'
  if (text.startsWith('$')) return 'this kind of hash is not supported'
  return 'no hash: clear text and DES crypt are not accepted'
}

function parseBcrypt(text: string): PasswordHash | string {
  const form = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text)
  const cost = Number(form?.[1])
  if (form === null || cost < 4) return 'not a whole bcrypt hash'
  if (cost > 16) return `cost ${cost} takes many seconds a login; the most is 16`
  const verify = bcryptVerify()
  return {
    text,
    // A password that is too long is compared all the same, cut, so that its refusal takes as long as any other.
    verify: async password => {
      const bytes = Buffer.from(password, 'utf8')
      const same = await verify(bytes.subarray(0, BCRYPT_BYTES_MAX), text)
      return same && bytes.length <= BCRYPT_BYTES_MAX
    },
  }
}

/** The addon is loaded only where a bcrypt hash is configured, and then at load, so that a missing one is found before traffic. */
function bcryptVerify(): (password: Uint8Array, hash: string) => Promise<boolean> {
  const addon = createRequire(import.meta.url)('@node-rs/bcrypt') as typeof import('@node-rs/bcrypt')
  return (password, hash) => addon.verify(password, hash)
}

/** PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash` (RFC 9106). */
function parseArgon2id(text: string): PasswordHash | string {
  const form =
    /^\$argon2id\$v=19\$m=([1-9]\d{0,8}),t=([1-9]\d{0,3}),p=([1-9]\d{0,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
      text,
    )
  if (form === null) return 'not a whole argon2id string of version 19'
  const [memory, passes, parallelism] = [Number(form[1]), Number(form[2]), Number(form[3])]
  const nonce = Buffer.from(form[4] ?? '', 'base64')
  const tag = Buffer.from(form[5] ?? '', 'base64')
  if (memory < 8 * parallelism || parallelism > 16) return 'argon2id needs at least 8 KiB for each of at most 16 lanes'
  if (memory * 1024 > MEMORY_BYTES_MAX || passes > 64) return 'the most is 256 MiB and 64 passes'
  const fault = sizeFault(nonce, tag)
  if (fault !== null) return fault
  return {
    text,
    verify: password =>
      new Promise((resolve, reject) => {
        const message = Buffer.from(password, 'utf8')
        argon2('argon2id', { message, nonce, parallelism, tagLength: tag.length, memory, passes }, (error, derived) => {
          if (error) reject(error)
          else resolve(timingSafeEqual(derived, tag))
        })
      }),
  }
}

/** PHC string: `$scrypt$ln=15,r=8,p=1$salt$hash` (RFC 7914; N = 2^ln). */
function parseScrypt(text: string): PasswordHash | string {
  const form =
    /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]+)={0,2}\$([A-Za-z0-9+/]+)={0,2}$/.exec(text)
  if (form === null) return 'not a whole scrypt string'
  const [N, r, p] = [2 ** Number(form[1]), Number(form[2]), Number(form[3])]
  const salt = Buffer.from(form[4] ?? '', 'base64')
  const tag = Buffer.from(form[5] ?? '', 'base64')
  if (128 * N * r > MEMORY_BYTES_MAX || p > 16) return 'the most is 256 MiB and p=16'
  const fault = sizeFault(salt, tag)
  if (fault !== null) return fault
  const maxmem = 128 * N * r + 128 * r * p + 1024 * 1024
  return {
    text,
    verify: password =>
      new Promise((resolve, reject) => {
        scrypt(Buffer.from(password, 'utf8'), salt, tag.length, { N, r, p, maxmem }, (error, derived) => {
          if (error) reject(error)
          else resolve(timingSafeEqual(derived, tag))
        })
      }),
  }
}

function sizeFault(salt: Buffer, tag: Buffer): string | null {
  if (salt.length < 8 || salt.length > 64) return 'the salt must have 8 to 64 bytes'
  // A tag of one byte would be guessed in 256 tries.
  return tag.length < 16 || tag.length > 64 ? 'the hash must have 16 to 64 bytes' : null
}
