/** One measured operation; `run` does it once and returns something that depends on it. Synchronous. */
export interface MicroCase {
  readonly name: string
  readonly run: () => unknown
}
