import type { ConfigIssue } from '../../core/config-error.ts'
import { parsePasswordHash, type PasswordHash } from './password-hash.ts'

/** Users and their stored passwords from an htpasswd text: `user:hash` in each line, `#` begins a comment line. Faults go to `issues`. */
export function readUsers(text: string, issues: ConfigIssue[]): ReadonlyMap<string, PasswordHash> {
  const users = new Map<string, PasswordHash>()
  for (const [index, written] of text.split('\n').entries()) {
    const line = written.trim()
    if (line === '' || line.startsWith('#')) continue
    const fault = (reason: string): void =>
      void issues.push({ pointer: '/users', reason: `line ${index + 1}: ${reason}` })
    const colon = line.indexOf(':')
    if (colon <= 0) {
      // Never the line itself: it may hold a password.
      fault('not of the form user:hash')
      continue
    }
    const user = line.slice(0, colon)
    const hash = parsePasswordHash(line.slice(colon + 1))
    if (/[\0-\x1f\x7f]/.test(user)) fault('a control character in the name')
    else if (users.has(user)) fault(`${user} is there twice`)
    else if (typeof hash === 'string') fault(`${user}: ${hash}`)
    else users.set(user, hash)
  }
  return users
}
