import type { Anomaly } from '../detectors/detector.ts'
import type { Exceeded } from './actor-rates.ts'
import type { Actor } from './actors.ts'
import type { GroupExceeded } from './group-rates.ts'
import { latestOf, type Told } from './trail.ts'

type Numbers = Pick<Anomaly, 'firstMs' | 'lastMs' | 'deviation' | 'threshold'>

/** What an anomaly says of an actor that did too much within a window. */
export function byActor(
  actor: Actor,
  much: Pick<Exceeded, 'firstMs' | 'value' | 'threshold'>,
  timeMs: number,
): { readonly actor: Actor } & Told & Numbers {
  return { actor, ...latestOf(actor, much.firstMs), ...numbersOf(much, timeMs) }
}

/** What it says of many who did too much together: those who are responsible, and whence they came. */
export function byMany(
  much: GroupExceeded,
  timeMs: number,
): { readonly actor: null; readonly principals: readonly string[]; readonly addresses: readonly string[] } & Numbers {
  const { responsible, firstMs } = much
  return {
    actor: null,
    principals: responsible.flatMap(({ kind, name }) => (kind === 'principal' ? [name] : [])),
    addresses: [...new Set(responsible.flatMap(one => latestOf(one, firstMs).addresses))],
    ...numbersOf(much, timeMs),
  }
}

function numbersOf(
  { firstMs, value, threshold }: Pick<Exceeded, 'firstMs' | 'value' | 'threshold'>,
  timeMs: number,
): Numbers {
  return { firstMs, lastMs: timeMs, deviation: value, threshold }
}
