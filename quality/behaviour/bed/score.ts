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

/** One report of a detector: what it said then, and the anomaly that it went to. */
export interface Reported {
  readonly number: number
  readonly detector: string
  /** Event time, ms. */
  readonly atMs: number
  readonly actor: string | null
  readonly principals: readonly string[]
  readonly addresses: readonly string[]
  readonly operations: readonly string[]
  readonly events: readonly string[]
}

/** Reports may come so long after the last call of an attack, ms: a trace ends when it has been quiet. */
const graceMs = 900_000

/** Calls of attacks, by id of the event or trace: the attack. */
export interface AttackCalls {
  readonly attackOf: ReadonlyMap<string, string>
  /** Events of calls that services made because of them. */
  readonly caused: ReadonlySet<string>
}

/**
 * A report belongs to an attack when one of its events does; or when it comes while that goes on and names its principal, its address (not that
 * of a pod, where others are at home) or, where it names no actor, its operation. An anomaly none of whose reports belongs to any is a false alarm, but
 * for those about calls that services made because of an attack: these are no false alarms and find nothing.
 */
export function scoreBed(
  attacks: readonly TrueAttack[],
  { anomalies, reports }: { readonly anomalies: readonly KeptAnomaly[]; readonly reports: readonly Reported[] },
  { attackOf, caused }: AttackCalls,
): BedScore {
  const found = new Map<string, { readonly by: Set<string>; atMs: number }>()
  const sound = new Set<number>()
  for (const report of reports) {
    if (report.events.some(event => caused.has(event))) sound.add(report.number)
    for (const attack of attacks) {
      if (!belongs(report, attack, attackOf)) continue
      sound.add(report.number)
      const one = found.get(attack.id) ?? { by: new Set<string>(), atMs: Number.POSITIVE_INFINITY }
      one.by.add(report.detector)
      one.atMs = Math.min(one.atMs, report.atMs)
      found.set(attack.id, one)
    }
  }
  const caught = attacks.map(attack => {
    const one = found.get(attack.id)
    if (one === undefined) return { attack, by: [], afterMs: null }
    return { attack, by: [...one.by].sort(), afterMs: Math.max(0, one.atMs - Date.parse(attack.from)) }
  })
  return { caught, falseAlarms: anomalies.filter(({ number }) => !sound.has(number)) }
}

function belongs(report: Reported, attack: TrueAttack, attackOf: ReadonlyMap<string, string>): boolean {
  if (report.events.some(event => attackOf.get(event) === attack.id)) return true
  if (report.atMs < Date.parse(attack.from) || report.atMs > Date.parse(attack.to) + graceMs) return false
  // The bed names subjects, the list `method issuer subject`. Workloads go on with their own work meanwhile.
  const principals = attack.principals.filter(subject => !subject.startsWith('spiffe:'))
  if (attack.class.startsWith('chain-')) return false
  const names = [...report.principals, ...(report.actor === null ? [] : [report.actor])]
  if (names.some(name => principals.some(subject => name.endsWith(` ${subject}`)))) return true
  const here = report.addresses.some(address => attack.addresses.includes(address))
  const about = report.operations.some(operation => attack.operations.includes(operation))
  // At a pod's address others are at home: there it must be about the same thing, or about what is not there.
  if (attack.internal) return here && (about || report.operations.every(operation => /^[A-Z]+ \//.test(operation)))
  if (here) return true
  return report.actor === null && about
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
