import type { TimeModel } from '../../../signatures/time-model.ts'
import { normalTimes, shownMs } from '../../../signatures/time-words.ts'
import { timeDeviation, type UsualTime } from '../../../signatures/usual-time.ts'
import type { Clause } from '../../model.ts'
import type { PathDifference } from './nearest-paths.ts'
import type { VectorItem } from './vector-item.ts'

// Made once: `toLocaleString` makes one each time.
const english = new Intl.NumberFormat('en')

/** Times that are told: strange by themselves, and not more than that many. */
const toldFrom = 3
const toldMax = 5

/** `` `pay/bank` missing: taken by 4,000 of 4,000 traces like this ``. */
export function differenceClause({ name, kind, alike, same }: PathDifference): Clause {
  const shown = `\`${name}\``
  const traces = english.format(alike)
  const text =
    kind === 'extra'
      ? same === 0
        ? `${shown} inserted: never seen in ${traces} traces`
        : `${shown} inserted: only ${english.format(same)} of ${traces} traces like this have it`
      : `${shown} missing: ${english.format(alike - same)} of ${traces} traces like this have it`
  return { axis: kind === 'extra' && same === 0 ? 'inserted' : 'structure', text }
}

/** Of the paths that took strangely long or short, the strangest first. */
export function timeClauses(
  { paths: { names }, ms }: VectorItem,
  usual: readonly (UsualTime | null)[],
  timesOf: (name: string) => TimeModel | undefined,
): Clause[] {
  return names
    .map((name, i) => {
      const one = usual[i] ?? null
      return { name, time: ms[i] as number, deviation: one === null ? 0 : timeDeviation(one, ms[i] as number) }
    })
    .filter(({ deviation }) => deviation >= toldFrom)
    .sort((a, b) => b.deviation - a.deviation)
    .slice(0, toldMax)
    .map(({ name, time }) => {
      const times = timesOf(name)
      return {
        axis: 'timing',
        text: `\`${name}\` took ${shownMs(time)}${times === undefined ? '' : `, normally ${normalTimes(times)}`}`,
      }
    })
}
