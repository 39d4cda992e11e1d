/** What becomes of a shape (a route between services, a step, a field) that was not there before. */
export type Standing =
  /** Part of what is normal. */
  | 'known'
  /** New, and not yet seen from enough callers for long enough. */
  | 'waiting'

/** Against poisoning: one caller, or many within an hour, do not make a new shape normal. */
export interface Quarantine {
  /** Notes that a caller showed the shape in a call that nobody objected to; says where it stands now. `shape` is unique over all detectors: begin it with the detector's name. */
  see(shape: string, caller: string, timeMs: number): Standing
  standing(shape: string): Standing
  /** An OpenAPI document, a configuration or a reviewer says that it is normal. */
  admit(shape: string, why: string): void
}
