import type { Problem } from './problem.ts'
import type { Reply } from './reply.ts'

/** The check is satisfied; the only verdict that lets an exchange go on. */
export const PASS: unique symbol = Symbol('PASS')

/** "Not mine": an identify policy found no credential of its kind. Elsewhere SKIP means the policy does not apply. */
export const SKIP: unique symbol = Symbol('SKIP')

/** What a check may say, and nothing else: anything outside this union denies (DESIGN §4). */
export type Verdict = typeof PASS | typeof SKIP | Problem | Reply
