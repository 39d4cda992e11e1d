export interface BasicCredentials {
  readonly user: string
  readonly password: string
}

const USER_BYTES_MAX = 255
const PASSWORD_BYTES_MAX = 1_024

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The token of `Authorization: Basic …`, or null when the field speaks of another scheme (RFC 9110 §11.4: in any case of letters). */
export function basicToken(authorization: string): string | null {
  if (authorization.slice(0, 5).toLowerCase() !== 'basic') return null
  if (authorization.length === 5) return ''
  return authorization.charCodeAt(5) === 32 ? authorization.slice(6).replace(/^ +/, '') : null
}

/**
 * User and password of a token (RFC 7617 §2), or why it is none. The password may hold colons and be of any script (UTF-8, as
 * our challenge says); control characters are forbidden by the RFC, and NUL would end a bcrypt password early.
 */
export function readCredentials(token: string): BasicCredentials | string {
  if (token.length > ((USER_BYTES_MAX + PASSWORD_BYTES_MAX) * 4) / 3 + 8) return 'longer than any credential'
  if (!base64.test(token)) return 'not base64'
  const bytes = Buffer.from(token, 'base64')
  // Left-over bits that are not zero spell the same credential in other letters.
  if (bytes.toString('base64') !== token) return 'not canonical base64'
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return 'not UTF-8'
  }
  if (/[\0-\x1f\x7f]/.test(text)) return 'a control character'
  const colon = text.indexOf(':')
  if (colon === -1) return 'no colon'
  const user = text.slice(0, colon)
  const password = text.slice(colon + 1)
  if (user === '') return 'no user'
  if (Buffer.byteLength(user) > USER_BYTES_MAX || Buffer.byteLength(password) > PASSWORD_BYTES_MAX)
    return 'longer than any credential'
  return { user, password }
}
