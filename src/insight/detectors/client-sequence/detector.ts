// Hot path: once per event.
import type { Baseline, Metric } from '../../baselines/baseline.ts'
import type { Actor } from '../../detection/actors.ts'
import { latestOf } from '../../detection/trail.ts'
import { count, named } from '../../detection/words.ts'
import type { Detector, DetectorHost } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'
import { type OpenSession, pauseMs, ServiceHabits, sessionFor } from './open-sessions.ts'

/**
 * What is measured of a session, each in bits against what sessions of the service are like. Sessions of people differ by far more than chance would have it: on two weeks of honest
 * ones (86,000 calls) floors of 8 and 12 bits let 134 false alarms pass, these 3, and what was played in another order had 55 and more.
 */
const metrics = {
  'step-skipped': { name: 'unprepared', unit: 'bits of steps without what comes before them', floor: 3 },
  'step-repeated': { name: 'crowd', unit: 'bits of one step coming so often', floor: 28 },
  'steps-reordered': { name: 'misfit', unit: 'bits of steps in an order that does not occur', floor: 45 },
} as const satisfies Readonly<Record<string, Metric>>

type Code = keyof typeof metrics

const codes = Object.keys(metrics) as Code[]
/** Event time between two looks for sessions that ended. */
const sweepMs = 10 * 60_000

/** Skipped, replayed and reordered steps: how a caller goes through a service, against how callers go through it. */
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
    const slot = host.slot<OpenSession[]>(() => [])
    let sweptMs = 0

    function end(actor: Actor, open: OpenSession): void {
      if (!open.learnable || open.abnormal) return
      const known = services.of(open.service, open.firstMs)
      if (known === null) return
      const { habits } = known
      if (open.judged) {
        for (const code of codes) baselineOf(host, code, open.service).learn(bitsOf(open, code), open.lastMs)
        // What one caller alone does, however often, becomes no habit of the service.
        let waits = false
        for (const pair of habits.newPairs(open.steps))
          if (host.quarantine.see(`client-sequence ${pair}`, actor.name, open.lastMs) === 'waiting') waits = true
        if (waits) return
      }
      services.learn(open.service, open.steps)
    }

    function judge(actor: Actor, open: OpenSession, timeMs: number): void {
      for (const code of codes) {
        const bits = bitsOf(open, code)
        if (bits <= metrics[code].floor) continue
        const baseline = baselineOf(host, code, open.service)
        const { abnormal, threshold } = baseline.judge(bits, timeMs)
        if (!abnormal) continue
        open.abnormal = true
        const { evidence, explanation } = wordsFor(code, actor, { open, services })
        host.report({
          code,
          actor,
          ...latestOf(actor, open.firstMs),
          firstMs: open.firstMs,
          lastMs: timeMs,
          deviation: bits,
          threshold,
          evidence,
          normal: baseline.describe(),
          explanation,
        })
      }
    }

    return {
      take({ actor, operation, timeMs, service, reached, learnable }) {
        if (operation === null || !reached) return
        const known = services.of(service, timeMs)
        if (known === null) return
        const { habits, firstMs } = known
        const judged = host.isWarm(habits.total, firstMs)
        const open = sessionFor(slot.of(actor), { service, timeMs, habits, judged }, ended => end(actor, ended))
        open.steps.push(operation)
        open.lastMs = Math.max(open.lastMs, timeMs)
        if (!learnable) open.learnable = false
        if (!open.judged) return
        habits.take(open.session, operation)
        judge(actor, open, timeMs)
      },
      minute(nowMs) {
        if (nowMs - sweptMs < sweepMs) return
        sweptMs = nowMs
        for (const [actor, open] of slot.entries())
          for (let i = open.length - 1; i >= 0; i--)
            if (nowMs - (open[i] as OpenSession).lastMs >= pauseMs) end(actor, open.splice(i, 1)[0] as OpenSession)
      },
      changes: () => services.changes(),
      restore: rows => services.restore(rows),
    }
  },
}

function baselineOf(host: DetectorHost, code: Code, service: string): Baseline {
  return host.baseline(metrics[code], service)
}

function bitsOf({ session }: OpenSession, code: Code): number {
  switch (code) {
    case 'step-skipped':
      return Math.log2(1 + session.odds)
    case 'step-repeated':
      return session.crowd
    case 'steps-reordered':
      return session.misfit
  }
}

function wordsFor(
  code: Code,
  actor: Actor,
  { open, services }: { readonly open: OpenSession; readonly services: ServiceHabits },
): { readonly evidence: string[]; readonly explanation: string } {
  const { session, steps, service } = open
  const habits = services.of(service, open.firstMs)?.habits
  const nameOf = (symbol: number): string => habits?.parts.vocabulary.nameOf(symbol) ?? '?'
  const length = `${count(steps.length, 'step')} at ${service} so far`
  switch (code) {
    case 'step-skipped': {
      const { step, usual, all } = session.missing.at(-1) ?? { step: 0, usual: 0, all: 0 }
      const before = named(session.missing.filter(one => one.step === step).map(one => nameOf(one.before)))
      return {
        evidence: [length, `in ${usual} of ${all} sessions with it, that came before it`],
        explanation: `${actor.name} called ${nameOf(step)} without ${before}, which came before it in ${usual} of ${all} sessions.`,
      }
    }
    case 'step-repeated': {
      const times = session.counts.get(session.crowded) ?? 0
      const what = nameOf(session.crowded)
      return {
        evidence: [length, `${what}: ${count(times, 'time')}`],
        explanation: `${actor.name} called ${what} ${count(times, 'time')} in one session, far oftener than others do.`,
      }
    }
    case 'steps-reordered':
      return {
        evidence: [length, ...(habits?.newPairs(steps.slice(-12)).slice(-4) ?? [])],
        explanation: `${actor.name} goes through ${service} in an order that does not occur: ${steps.slice(-4).join(' → ')}.`,
      }
  }
}
