// Hot path: once per event.
import { withOne } from '../../../lib/short-list.ts'
import type { Baseline, Metric } from '../../baselines/baseline.ts'
import type { Actor } from '../../detection/actors.ts'
import { isMachine } from '../../detection/machines.ts'
import { latestOf } from '../../detection/trail.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'
import { type ActorSessions, beginSession, endQuiet, noSessions, type OpenSession, runningAt } from './open-sessions.ts'
import { ServiceHabits } from './service-habits.ts'
import { wordsFor } from './words.ts'

/**
 * Bits against what sessions are like. Where a step has never come unprepared in a hundred sessions, one that does is told; where some do, what is
 * told is what goes beyond those. The other floors are what one in 2^16 or 2^14 honest sessions would come to, were chances what they are taken to be.
 */
const unprepared: Metric = { name: 'unprepared', unit: 'bits of a step without what comes before it', floor: 8 }
const liberties: Metric = { name: 'liberties', unit: 'bits of a step unprepared and repeated', floor: 16 }
const misfit: Metric = { name: 'misfit', unit: 'bits of steps in an order that does not occur', floor: 14 }

/** From so many bits on a step counts as skipped to, whatever came again besides: it is so bare in one of thirty sessions. */
const skippedBits = 5
/** Event time between two looks for sessions that ended. */
const sweepMs = 10 * 60_000
/** Event time between two sessions beyond a threshold that teach it so, ms. */
const beyondMs = 6 * 3_600_000
/** Actors whose sessions are ended when they are quiet; those of further ones end with their next step. */
const busyMax = 32_768
const scopesRemembered = 1_024
const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Skipped, replayed and reordered steps: how a caller goes through a service, against how callers of its kind go through it. */
export const clientSequence: Detector<NoSettings> = {
  name: 'client-sequence',
  schema: noSettings,
  defaults: {},
  findings: {
    'step-skipped': {
      title: 'a step without those that come before it',
      severity: 'high',
      references: ['API6:2023', 'API5:2023', 'T1190'],
    },
    'step-repeated': {
      title: 'one step again and again within a session',
      severity: 'medium',
      references: ['API6:2023', 'API4:2023', 'T1499.003'],
    },
    'steps-reordered': {
      title: 'steps in an order that does not occur',
      severity: 'medium',
      references: ['API6:2023', 'T1190'],
    },
  },
  create(_, host) {
    const services = new ServiceHabits()
    const slot = host.slot<ActorSessions>(noSessions)
    // Of those alone that have sessions: to look through everybody who was ever seen costs more than all the rest.
    const busy = new Map<Actor, ActorSessions>()
    const scopes: Readonly<Record<Kind, Map<string, string>>> = {
      people: new Map(),
      programs: new Map(),
      strangers: new Map(),
    }
    /** When each learnt last that something lies beyond its threshold. */
    const taughtMs = new Map<Baseline, number>()
    /** Used again with every call. */
    const step = { name: '', changes: false, done: false }
    let sinceMs = Number.POSITIVE_INFINITY
    let sweptMs = 0

    function end(actor: Actor, open: OpenSession): void {
      const { scope, session, steps, lastMs } = open
      if (steps.length === 0) return
      if (open.judged && (open.abnormal || lastMs >= actor.suspectUntilMs)) {
        teach(host.baseline(unprepared, scope), session.missing, lastMs)
        teach(host.baseline(liberties, kindOf(actor)), session.liberty.bits, lastMs)
        teach(host.baseline(misfit, kindOf(actor)), session.misfit, lastMs)
      }
      if (!open.learnable || open.abnormal) return
      const known = services.of(scope, open.firstMs)
      if (known === null) return
      // What one caller alone does, however often, becomes no habit of the service.
      const waits = (shapes: readonly string[]): boolean =>
        shapes.filter(shape => host.quarantine.see(`client-sequence ${shape}`, actor.name, lastMs) === 'waiting')
          .length > 0
      if (open.judged && waits(known.habits.newCounts(steps))) return
      const ordered = !open.judged || !waits(known.habits.newPairs(steps))
      services.learn(scope, { steps, whole: session.whole && session.earlier.length === 0, ordered })
    }

    /**
     * What lies beyond the threshold is learnt as the threshold: else what is normal would be what never alarmed. It is so seldom that a few a day
     * tell of all; an attack of many callers must not move it.
     */
    function teach(baseline: Baseline, bits: number, timeMs: number): void {
      const { abnormal, threshold } = baseline.judge(bits, timeMs)
      if (!abnormal) return baseline.learn(bits, timeMs)
      if (Math.abs(timeMs - (taughtMs.get(baseline) ?? 0)) < beyondMs) return
      taughtMs.set(baseline, timeMs)
      baseline.learn(threshold, timeMs)
    }

    function judge(actor: Actor, open: OpenSession, timeMs: number): void {
      const { session, scope } = open
      const { missing, liberty } = session
      if (missing > unprepared.floor) say('step-skipped', host.baseline(unprepared, scope), missing)
      if (liberty.bits > liberties.floor) {
        const code = liberty.unprepared >= skippedBits ? 'step-skipped' : 'step-repeated'
        say(code, host.baseline(liberties, kindOf(actor)), liberty.bits)
      }
      if (session.misfit > misfit.floor) say('steps-reordered', host.baseline(misfit, kindOf(actor)), session.misfit)

      function say(code: string, baseline: Baseline, deviation: number): void {
        const { abnormal, threshold } = baseline.judge(deviation, timeMs)
        if (!abnormal) return
        open.abnormal = true
        const habits = services.of(scope, open.firstMs)?.habits ?? null
        host.report({
          code,
          actor,
          ...latestOf(actor, open.firstMs),
          firstMs: open.firstMs,
          lastMs: timeMs,
          deviation,
          threshold,
          normal: baseline.describe(),
          ...wordsFor(code, { actor, open, habits }),
        })
      }
    }

    return {
      take({ actor, operation, timeMs, service, reached, answered, learnable, record }) {
        if (timeMs < sinceMs) sinceMs = timeMs
        if (operation === null || !reached) return
        const scope = scopeOf(scopes, kindOf(actor), service)
        const known = services.of(scope, timeMs)
        if (known === null) return
        const { habits, firstMs } = known
        const sessions = slot.of(actor)
        if (sessions.open.length === 0 && busy.size < busyMax) busy.set(actor, sessions)
        const open =
          runningAt(sessions, scope, timeMs) ??
          beginSession(
            sessions,
            {
              service,
              scope,
              timeMs,
              habits,
              judged: host.isWarm(habits.total, firstMs),
              // A program does the same again by nature; how much is for `volume`.
              counted: !isMachine(actor.method),
              // What a stranger did before may have come from another address.
              traced: actor.kind !== 'address',
              sinceMs,
            },
            ended => end(actor, ended),
          )
        open.lastMs = Math.max(open.lastMs, timeMs)
        // What the service did not do is learnt by nobody, and who tries again replays nothing.
        if (answered) {
          open.steps = withOne(open.steps, operation)
          if (!learnable) open.learnable = false
        }
        if (!open.judged) return
        step.name = operation
        step.changes = !reading.has(record.event.method)
        step.done = answered
        if (habits.take(open.session, step)) judge(actor, open, timeMs)
      },
      minute(nowMs) {
        if (nowMs - sweptMs < sweepMs) return
        sweptMs = nowMs
        for (const [actor, sessions] of busy) {
          endQuiet(sessions, nowMs, ended => end(actor, ended))
          if (sessions.open.length === 0) busy.delete(actor)
        }
      },
      changes: () => services.changes(),
      restore: rows => services.restore(rows),
    }
  },
}

/** Programs, people who are known, and strangers go through a service in ways of their own. */
type Kind = 'people' | 'programs' | 'strangers'

function kindOf(actor: Actor): Kind {
  if (isMachine(actor.method)) return 'programs'
  return actor.kind === 'address' ? 'strangers' : 'people'
}

function scopeOf(scopes: Readonly<Record<Kind, Map<string, string>>>, kind: Kind, service: string): string {
  const known = scopes[kind].get(service)
  if (known !== undefined) return known
  const scope = `${kind} ${service}`
  if (scopes[kind].size < scopesRemembered) scopes[kind].set(service, scope)
  return scope
}
