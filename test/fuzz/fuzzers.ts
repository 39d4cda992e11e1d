/** A fuzzer: throws on a finding, with the input that reproduces it in the message. */
export interface Fuzzer {
  fuzz(budgetMs: number): Promise<{ name: string; runs: number }>
}

/** The explicit list. A new fuzzer is one line here. */
export const fuzzers: ReadonlyArray<readonly [name: string, load: () => Promise<Fuzzer>]> = [
  ['http1', () => import('./http1.ts')],
  ['forwarding', () => import('./forwarding.ts')],
  ['canonical-path', () => import('./canonical-path.ts')],
  ['json-scan', () => import('./json-scan.ts')],
  ['json-schema', () => import('./json-schema.ts')],
  ['ecma-pattern', () => import('./ecma-pattern.ts')],
  ['jwt', () => import('./jwt.ts')],
]
