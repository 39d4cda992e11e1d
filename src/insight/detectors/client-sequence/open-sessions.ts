// Hot path: once per event.
import type { Habits, Session } from '../../sequences/habits.ts'

/** What one actor does at one service without a long pause. */
export interface OpenSession {
  readonly service: string
  /** Kind of caller, and service. */
  readonly scope: string
  readonly session: Session
  readonly steps: string[]
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
  readonly open: OpenSession[]
  readonly left: LeftSession[]
}

/** A session that ended, for what was done in it. */
interface LeftSession {
  readonly service: string
  readonly lastMs: number
  /** Symbols of its steps, and of those before it. */
  readonly seen: readonly number[]
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

/** The actor's session at a service that a step belongs to; one that cannot go on is given to `end`. */
export function sessionFor(
  sessions: ActorSessions,
  start: SessionStart,
  end: (session: OpenSession) => void,
): OpenSession {
  const { open } = sessions
  const { service, scope, timeMs, habits, judged, counted, traced, sinceMs } = start
  let known: OpenSession | undefined
  for (const session of open) if (session.scope === scope) known = session
  if (known !== undefined && timeMs - known.lastMs < pauseMs && known.steps.length < stepsMax) return known
  const ended = known ?? (open.length >= openMax ? open[0] : undefined)
  if (ended !== undefined) leave(sessions, ended, end)
  const left = sessions.left.find(one => one.service === service)
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
  open.push(made)
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

function leave({ open, left }: ActorSessions, session: OpenSession, end: (session: OpenSession) => void): void {
  open.splice(open.indexOf(session), 1)
  const at = left.findIndex(one => one.service === session.service)
  if (at >= 0) left.splice(at, 1)
  else if (left.length >= openMax) left.shift()
  const { seen, earlier } = session.session
  const all = earlier.length === 0 ? seen : [...new Set([...seen, ...earlier])].slice(0, earlierMax)
  left.push({ service: session.service, lastMs: session.lastMs, seen: all })
  end(session)
}
