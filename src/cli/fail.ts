import { inspect } from 'node:util'
import { ConfigError, formatIssue } from '../core/config-error.ts'
import { warn } from './say.ts'

/** Ends a command: what is wrong goes to stderr in words, exit code 1. A stack is printed only for what is a bug of ours. */
export async function fail(error: unknown): Promise<void> {
  process.exitCode = 1
  if (error instanceof ConfigError) {
    for (const issue of error.issues) warn(formatIssue(issue))
    warn(`\n${counted(error.issues.length, 'problem')}; nothing was changed`)
  } else if (error instanceof UserError) warn(`portcullis: ${error.message}`)
  // Its words may quote what strangers sent.
  else warn(inspect(error))
}

/** A mistake on the command line, in words that say what to do. */
export class UserError extends Error {}

/** `1 route`, `2 routes`. */
export function counted(amount: number, word: string): string {
  return `${amount} ${word}${amount === 1 ? '' : 's'}`
}
