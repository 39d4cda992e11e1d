// Hot path: once per event.
import { withOne } from '../../../lib/short-list.ts'
import type { Habits, Session } from '../../sequences/habits.ts'

/** What one actor does at one service without a long pause. */
export interface OpenSession {
  readonly service: string
  /** Kind of caller, and service. */
  readonly scope: string
  readonly session: Session
  /** Names of what was done. */
  steps: string[]
  readonly firstMs: number
  lastMs: number
  /** Every step may be learnt. */
  learnable: boolean
  /** Enough was known when it began. */
  readonly judged: boolean
  /** Something was said of it. */
  abnormal: boolean
}

/** The sessions of one actor that run, and where it was before, the latest last. */
export interface ActorSessions {
  open: OpenSession[]
  left: LeftSession[]
}

/** A session that ended, for what was done in it. */
interface LeftSession {
  readonly service: string
  lastMs: number
  /** Symbols of its steps, and of those before it. */
  seen: readonly number[]
}

/** A pause that ends a session, ms. */
export const pauseMs = 30 * 60_000
/** A pause after which a caller begins anew, ms: after a shorter one it may go on with what it began before. Who takes longer shows in what is learnt. */
const resumeMs = 90 * 60_000
/** A session is learnt in parts of this length: what never pauses must end too. */
const stepsMax = 200
/** Services of one actor at the same time. */
const openMax = 4
const earlierMax = 128
const nothing: readonly number[] = []

export interface SessionStart {
  readonly service: string
  readonly scope: string
  readonly timeMs: number
  readonly habits: Habits
  readonly judged: boolean
  /** See SessionKind. */
  readonly counted: boolean
  /** All that its caller does is known to be its own. */
  readonly traced: boolean
  /** Since when calls are watched without a gap, Unix ms. */
  readonly sinceMs: number
}

export function noSessions(): ActorSessions {
  return { open: [], left: [] }
}

/** The actor's session that goes on with a step now; undefined: none does. */
export function runningAt({ open }: ActorSessions, scope: string, timeMs: number): OpenSession | undefined {
  for (const session of open)
    if (session.scope === scope)
      return timeMs - session.lastMs < pauseMs && session.steps.length < stepsMax ? session : undefined
  return undefined
}

/** Begins a session where none goes on; those that end with that are given to `end`. */
export function beginSession(
  sessions: ActorSessions,
  start: SessionStart,
  end: (session: OpenSession) => void,
): OpenSession {
  const { open } = sessions
  const { service, scope, timeMs, habits, judged, counted, traced, sinceMs } = start
  const known = open.find(session => session.scope === scope)
  const ended = known ?? (open.length >= openMax ? open[0] : undefined)
  if (ended !== undefined) leave(sessions, ended, end)
  const left = leftAt(sessions, service)
  const earlier = left === undefined || timeMs - left.lastMs >= resumeMs ? nothing : left.seen
  const whole = traced && timeMs - sinceMs >= pauseMs
  const made: OpenSession = {
    service,
    scope,
    session: habits.begin({ whole, earlier, counted }),
    steps: [],
    firstMs: timeMs,
    lastMs: timeMs,
    learnable: true,
    judged,
    abnormal: false,
  }
  sessions.open = withOne(sessions.open, made)
  return made
}

/** Ends what has paused for long. */
export function endQuiet(sessions: ActorSessions, nowMs: number, end: (session: OpenSession) => void): void {
  const { open } = sessions
  for (let i = open.length - 1; i >= 0; i--) {
    const session = open[i] as OpenSession
    if (nowMs - session.lastMs >= pauseMs) leave(sessions, session, end)
  }
}

function leave(sessions: ActorSessions, session: OpenSession, end: (session: OpenSession) => void): void {
  const { open, left } = sessions
  open.splice(open.indexOf(session), 1)
  const { service, lastMs } = session
  const { seen, earlier } = session.session
  const all = earlier.length === 0 ? seen.slice() : [...new Set([...seen, ...earlier])].slice(0, earlierMax)
  const known = leftAt(sessions, service)
  if (known === undefined) {
    if (left.length >= openMax) left.shift()
    sessions.left = withOne(left, { service, lastMs, seen: all })
  } else {
    known.lastMs = lastMs
    known.seen = all
    // The latest is the last to be forgotten.
    if (left.at(-1) !== known) left.push(...left.splice(left.indexOf(known), 1))
  }
  end(session)
}

function leftAt({ left }: ActorSessions, service: string): LeftSession | undefined {
  for (const one of left) if (one.service === service) return one
  return undefined
}
