import type { Metric } from './baseline.ts'

/** Which baseline is meant. */
export interface Which {
  readonly detector: string
  readonly metric: Metric
  /** Names of strangers' paths may be in it: it stands last in the key. */
  readonly scope: string
  readonly scenario: string | null
}

/** `DETECTOR/METRIC/SCOPE`; one of a scenario is `DETECTOR/METRIC@SCENARIO/SCOPE`. Injective: neither names of detectors and metrics nor of scenarios have `/` or `@`. */
export function keyOf({ detector, metric, scope, scenario }: Which): string {
  return `${detector}/${metric.name}${scenario === null ? '' : `@${scenario}`}/${scope}`
}

/** The one that a row was kept of. Throws when the metric is none, or not the key's. */
export function whichOf(key: string, metric: Metric): Which {
  const [detector = '', named = '', ...scope] = key.split('/')
  const [, scenario = null] = named.split('@')
  const { name, unit, floor, worth, elastic } = metric
  if (typeof unit !== 'string' || !Number.isFinite(floor) || !Number.isFinite(worth ?? 1))
    throw new RangeError('not the metric of a baseline')
  const which = {
    detector,
    metric: {
      name,
      unit,
      floor,
      ...(worth === undefined ? {} : { worth }),
      ...(elastic === true ? { elastic } : {}),
    },
    scope: scope.join('/'),
    scenario,
  }
  if (keyOf(which) !== key) throw new RangeError('not the metric of this baseline')
  return which
}
