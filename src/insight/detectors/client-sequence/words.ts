import type { Actor } from '../../detection/actors.ts'
import { count, figure, named } from '../../detection/words.ts'
import type { Habits } from '../../sequences/habits.ts'
import type { OpenSession } from './open-sessions.ts'

/** What was seen of a session, in words and figures. */
export function wordsFor(
  code: string,
  { actor, open, habits }: { readonly actor: Actor; readonly open: OpenSession; readonly habits: Habits | null },
): { readonly evidence: string[]; readonly explanation: string } {
  const { steps, service } = open
  const { missingStep, missing, liberty } = open.session
  const nameOf = (symbol: number): string => habits?.parts.vocabulary.nameOf(symbol) ?? '?'
  const evidence = [`${count(steps.length, 'step')} at ${service} so far`]
  const { times } = liberty
  if (times > 1) evidence.push(`${nameOf(liberty.step)}: ${count(times, 'time')}`)
  switch (code) {
    case 'step-skipped': {
      const step = liberty.unprepared > missing ? liberty.step : missingStep
      const what = nameOf(step)
      evidence.push(
        `${what}: with so little before it in ${oneIn(Math.max(liberty.unprepared, missing))} sessions with it`,
      )
      const usual = [...(habits?.parts.precedence.expectedBefore(step) ?? [])]
        .sort((a, b) => b.usual - a.usual || a.before - b.before)
        .slice(0, 3)
      const all = usual[0]?.all ?? 0
      const before = usual.map(one => `${nameOf(one.before)} in ${one.usual}`)
      return {
        evidence,
        explanation: `${actor.name} called ${what} without what comes before it: of ${count(all, 'session')} with it, ${named(before)} had that.`,
      }
    }
    case 'step-repeated':
      return {
        evidence,
        explanation: `${actor.name} called ${nameOf(liberty.step)} ${count(times, 'time')} in one session, far oftener than others do.`,
      }
    default:
      return {
        evidence: [...evidence, ...(habits?.newPairs(steps.slice(-12)).slice(-4) ?? [])],
        explanation: `${actor.name} goes through ${service} in an order that does not occur: ${steps.slice(-4).join(' → ')}.`,
      }
  }
}

function oneIn(bits: number): string {
  return `one of ${figure(Math.round(2 ** Math.min(bits, 40)))}`
}
