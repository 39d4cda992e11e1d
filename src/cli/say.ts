import { withoutUnseen } from '../lib/unseen.ts'

/** Prints words of ours with names of strangers in them: what a terminal would obey is written out (`\u001b`). */
export function say(text: string): void {
  console.log(withoutUnseen(text))
}

/** The same to stderr. */
export function warn(text: string): void {
  console.error(withoutUnseen(text))
}

/** Prints a value for programs; it is JSON all the same, and harmless on a terminal too. */
export function sayJson(value: unknown): void {
  say(JSON.stringify(value, null, 2))
}
