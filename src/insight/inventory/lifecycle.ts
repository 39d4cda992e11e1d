import type { LifeState } from '../model/operation.ts'
import type { AnnouncedLife } from './announced-life.ts'
import type { DeclaredOperation } from './openapi/document.ts'

/** What is known of an operation's age and end. */
export interface LifeSigns {
  readonly operator: LifeState | null
  /** What the gateway tells callers, by its configuration; null: nothing. */
  readonly announced: AnnouncedLife | null
  readonly declared: DeclaredOperation | null
  /** Values of the response fields `Deprecation` (RFC 9745) and `Sunset` (RFC 8594), as sent. */
  readonly deprecation: readonly string[]
  readonly sunset: readonly string[]
  /** Unix time, ms: the clock is that of the events. */
  readonly nowMs: number
}

/**
 * State of life and end, RFC 3339: operator, then what the gateway announces, then what the service itself sends, then its document; past its end it is
 * retired.
 */
export function lifeOf(signs: LifeSigns): { readonly state: LifeState; readonly sunset: string | null } {
  const { operator, declared, deprecation, nowMs } = signs
  if (signs.announced !== null) return announcedLife(signs.announced, operator, nowMs)
  const sent = signs.sunset.map(value => Date.parse(value)).filter(time => !Number.isNaN(time))
  const end = sent.length > 0 ? Math.min(...sent) : declared?.sunset == null ? null : Date.parse(declared.sunset)
  const sunset = end === null ? null : new Date(end).toISOString()
  if (operator !== null) return { state: operator, sunset }
  if (end !== null && end <= nowMs) return { state: 'retired', sunset }
  if (deprecation.some(value => hasBegun(value, nowMs)) || (end !== null && sent.length > 0))
    return { state: 'deprecated', sunset }
  if (declared?.state != null) return { state: declared.state, sunset }
  return { state: declared?.deprecated === true || end !== null ? 'deprecated' : 'live', sunset }
}

/** Callers see the gateway's word in the place of the service's. A deprecation may lie ahead; an end without one is a deprecation. */
function announcedLife(
  { deprecated, sunset: end }: AnnouncedLife,
  operator: LifeState | null,
  nowMs: number,
): { readonly state: LifeState; readonly sunset: string | null } {
  const sunset = end === null ? null : new Date(end).toISOString()
  if (operator !== null) return { state: operator, sunset }
  if (end !== null && end <= nowMs) return { state: 'retired', sunset }
  const begun = deprecated === null ? end !== null : deprecated <= nowMs
  return { state: begun ? 'deprecated' : 'live', sunset }
}

/** `@1688169599` (RFC 9745), a date or `true` (its drafts). */
function hasBegun(value: string, nowMs: number): boolean {
  const seconds = /^@(-?\d{1,12})$/.exec(value.trim())?.[1]
  if (seconds !== undefined) return Number(seconds) * 1000 <= nowMs
  if (/^(?:true|\?1)$/i.test(value.trim())) return true
  const time = Date.parse(value)
  return !Number.isNaN(time) && time <= nowMs
}
