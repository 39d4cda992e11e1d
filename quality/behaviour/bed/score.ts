import type { KeptAnomaly } from '../../../src/insight/detection/anomaly-list.ts'
import type { TrueAttack } from '../../../testbed/bed/labels.ts'

/** What became of one attack. */
export interface Caught {
  readonly attack: TrueAttack
  /** Detectors that reported it; empty: none did. */
  readonly by: readonly string[]
  /** From its first call to the first report, event time, ms; null: missed. */
  readonly afterMs: number | null
}

export interface BedScore {
  readonly caught: readonly Caught[]
  /** Of no attack. */
  readonly falseAlarms: readonly KeptAnomaly[]
}

/** Reports may come so long after the last call of an attack, ms: a trace ends when it has been quiet. */
const graceMs = 900_000

/**
 * An anomaly belongs to an attack when one of its events does; or when it was going on, and it names a principal, an address or (naming no
 * actor) an operation of it.
 */
export function scoreBed(
  attacks: readonly TrueAttack[],
  anomalies: readonly KeptAnomaly[],
  attackOf: ReadonlyMap<string, string>,
): BedScore {
  const found = new Map<string, { readonly by: Set<string>; atMs: number }>()
  const falseAlarms: KeptAnomaly[] = []
  for (const anomaly of anomalies) {
    const of = attacks.filter(attack => belongs(anomaly, attack, attackOf))
    if (of.length === 0) falseAlarms.push(anomaly)
    for (const { id } of of) {
      const one = found.get(id) ?? { by: new Set<string>(), atMs: Number.POSITIVE_INFINITY }
      one.by.add(anomaly.detector)
      one.atMs = Math.min(one.atMs, Date.parse(anomaly.reported))
      found.set(id, one)
    }
  }
  const caught = attacks.map(attack => {
    const one = found.get(attack.id)
    if (one === undefined) return { attack, by: [], afterMs: null }
    return { attack, by: [...one.by].sort(), afterMs: Math.max(0, one.atMs - Date.parse(attack.from)) }
  })
  return { caught, falseAlarms }
}

function belongs(anomaly: KeptAnomaly, attack: TrueAttack, attackOf: ReadonlyMap<string, string>): boolean {
  if (anomaly.events.some(event => attackOf.get(event) === attack.id)) return true
  const from = Date.parse(attack.from)
  const to = Date.parse(attack.to) + graceMs
  if (Date.parse(anomaly.last) < from || Date.parse(anomaly.first) > to || Date.parse(anomaly.reported) < from) return false
  // The bed names subjects, the list `method issuer subject`.
  if (anomaly.principals.some(name => attack.principals.some(subject => name.endsWith(` ${subject}`)))) return true
  if (anomaly.addresses.some(({ address }) => attack.addresses.includes(address))) return true
  return anomaly.actor === null && anomaly.operations.some(operation => attack.operations.includes(operation))
}

/** Share of the attacks of each class that were found. */
export function recallByClass(caught: readonly Caught[]): ReadonlyMap<string, readonly [found: number, of: number]> {
  const classes = new Map<string, [number, number]>()
  for (const { attack, afterMs } of caught) {
    const sum = classes.get(attack.class) ?? [0, 0]
    if (afterMs !== null) sum[0]++
    sum[1]++
    classes.set(attack.class, sum)
  }
  return classes
}
