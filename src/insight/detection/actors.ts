/** Who is held responsible for calls. Interned: the same object while it is known. */
export interface Actor {
  readonly kind: 'principal' | 'session' | 'address'
  /** `method issuer subject`, `session HASH` or `address 192.0.2.7`. */
  readonly name: string
  /** How it proved itself: `jwt`, `mtls` …; `session` or `address` otherwise. What is normal is normal within one of these. */
  readonly method: string
  /** Event times, Unix ms. */
  readonly firstMs: number
  readonly lastMs: number
  readonly calls: number
  /** Sum of what was reported of it, fading with time; decides who is forgotten last. */
  readonly suspicion: number
  /** Until then (event time, Unix ms) nothing is learnt from it. */
  readonly suspectUntilMs: number
}
