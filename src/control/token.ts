import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { privateFile } from '../core/private-file.ts'

/** Says whether a value of `Authorization` carries the control token. */
export type TokenCheck = (authorization: string | undefined) => boolean

/**
 * The control token: `stateDir/control-token`, 256 random bits as base64url, mode 0600, made when absent. Throws an Error that says what to
 * do when the file is open to others: a token that somebody may have read protects nothing.
 */
export function loadControlToken(stateDir: string): string {
  return privateFile(stateDir, 'control-token', () => randomBytes(32).toString('base64url'), /^[A-Za-z0-9_-]{43,128}$/)
}

/** Compares digests in constant time, so neither the time nor a difference in length tells anything about the token. */
export function createTokenCheck(token: string): TokenCheck {
  const wanted = digest(token)
  return authorization => {
    const [, given] = /^bearer +([^\s,]{1,256})$/i.exec(authorization ?? '') ?? []
    return given !== undefined && timingSafeEqual(digest(given), wanted)
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
