import type { Severity } from '../../core/finding.ts'
import { OldestEntry } from '../../lib/oldest-entry.ts'
import type { Anomaly, FindingKind } from '../detectors/detector.ts'
import { ChangedRows } from '../traces/changed-rows.ts'

/** An anomaly as it is kept: plain data. */
export interface KeptAnomaly {
  /** Counts up from 1; never used again. */
  readonly number: number
  readonly detector: string
  readonly code: string
  readonly title: string
  readonly severity: Severity
  readonly references: readonly string[]
  /** `method issuer subject`, `session HASH`, `address 192.0.2.7`; null: no one actor. */
  readonly actor: string | null
  readonly principals: readonly string[]
  readonly addresses: readonly AddressSeen[]
  readonly operations: readonly string[]
  /** Event times, RFC 3339 UTC; `reported`: when it was first told. */
  readonly first: string
  readonly last: string
  readonly reported: string
  /** How often the detector said so. */
  readonly reports: number
  /** The largest, and the threshold that it was compared with. */
  readonly deviation: number
  readonly threshold: number
  readonly evidence: readonly string[]
  readonly normal: string
  readonly explanation: string
  readonly events: readonly string[]
  /** Without an actor: what makes it one. */
  readonly about: string
}

export interface AddressSeen {
  readonly address: string
  /** In `networks.internal`, or a pod's. */
  readonly internal: boolean
  /** `pod of workload`, as far as it is known. */
  readonly owner: string | null
}

const anomaliesMax = 10_000
const namesMax = 50
const eventsMax = 20
/** What is silent for longer has ended, unless its detector says otherwise, ms. */
const joinMs = 30 * 60_000

/** What detectors reported, newest kept longest; what goes on is joined. */
export class AnomalyList {
  /** Anomalies that were forgotten for want of room; rows that did not read. */
  forgotten = 0
  unreadable = 0
  /** Told of every report: the anomaly as it is now, whether it is new, and what the detector just said. */
  onReport: ((kept: KeptAnomaly, isNew: boolean, said?: Anomaly) => void) | null = null
  readonly #byNumber = new Map<number, KeptAnomaly>()
  readonly #oldest = new OldestEntry(this.#byNumber)
  /** Number of the one that may still go on, by what makes them one. */
  readonly #open = new Map<string, number>()
  readonly #rows = new ChangedRows()
  #next = 1

  report(
    detector: string,
    { severity, title, references }: FindingKind,
    anomaly: Anomaly,
    { nowMs, addressOf }: { readonly nowMs: number; readonly addressOf: (address: string) => AddressSeen },
  ): KeptAnomaly {
    const key = keyOf(detector, anomaly.code, anomaly.actor?.name ?? null, anomaly.about ?? anomaly.operations[0])
    const before = this.#byNumber.get(this.#open.get(key) ?? 0)
    const goesOn = before !== undefined && anomaly.firstMs - Date.parse(before.last) <= (anomaly.joinMs ?? joinMs)
    const actor = anomaly.actor?.name ?? null
    const own = anomaly.actor?.kind === 'principal' ? [anomaly.actor.name] : []
    const number = goesOn ? before.number : this.#next++
    const addresses = joined(before?.addresses.map(one => one.address) ?? [], anomaly.addresses, goesOn)
    const kept: KeptAnomaly = {
      number,
      detector,
      code: anomaly.code,
      title,
      severity,
      references,
      actor,
      principals: joined(before?.principals ?? [], [...own, ...(anomaly.principals ?? [])], goesOn),
      addresses: addresses.map(
        address => (goesOn ? before.addresses.find(one => one.address === address) : undefined) ?? addressOf(address),
      ),
      operations: joined(before?.operations ?? [], anomaly.operations, goesOn),
      first: goesOn && before.first < iso(anomaly.firstMs) ? before.first : iso(anomaly.firstMs),
      last: goesOn && before.last > iso(anomaly.lastMs) ? before.last : iso(anomaly.lastMs),
      reported: goesOn ? before.reported : iso(nowMs),
      reports: goesOn ? before.reports + 1 : 1,
      ...(goesOn && before.deviation > anomaly.deviation
        ? {
            deviation: before.deviation,
            threshold: before.threshold,
            evidence: before.evidence,
            normal: before.normal,
            explanation: before.explanation,
          }
        : {
            deviation: anomaly.deviation,
            threshold: anomaly.threshold,
            evidence: anomaly.evidence,
            normal: anomaly.normal,
            explanation: anomaly.explanation,
          }),
      about: anomaly.about ?? anomaly.operations[0] ?? '',
      events: joined(goesOn ? before.events : [], anomaly.events ?? [], true).slice(-eventsMax),
    }
    this.#put(kept)
    this.#open.delete(key)
    this.#open.set(key, number)
    this.#rows.changed(String(number))
    this.onReport?.(kept, !goesOn, anomaly)
    return kept
  }

  /** Oldest first. */
  all(): KeptAnomaly[] {
    return [...this.#byNumber.values()]
  }

  get(number: number): KeptAnomaly | null {
    return this.#byNumber.get(number) ?? null
  }

  changes(): Iterable<readonly [key: string, value: string | null]> {
    return this.#rows.take(key => {
      const kept = this.#byNumber.get(Number(key))
      return kept === undefined ? null : JSON.stringify(kept)
    })
  }

  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    const read: KeptAnomaly[] = []
    for (const [key, text] of rows) {
      try {
        const kept = JSON.parse(text) as KeptAnomaly
        if (kept.number !== Number(key) || typeof kept.last !== 'string') throw new Error('no anomaly')
        read.push(kept)
        this.#rows.stored(key)
      } catch {
        this.unreadable++
      }
    }
    for (const kept of read.sort((a, b) => a.number - b.number)) {
      this.#put(kept)
      this.#open.set(keyOf(kept.detector, kept.code, kept.actor, kept.about), kept.number)
      this.#next = Math.max(this.#next, kept.number + 1)
    }
  }

  #put(kept: KeptAnomaly): void {
    this.#byNumber.set(kept.number, kept)
    if (this.#byNumber.size <= anomaliesMax) return
    this.#rows.gone(String(this.#oldest.take()))
    this.forgotten++
    if (this.#open.size > anomaliesMax)
      for (const [key, number] of this.#open) if (!this.#byNumber.has(number)) this.#open.delete(key)
  }
}

function keyOf(detector: string, code: string, actor: string | null, operation: string | undefined): string {
  return `${detector} ${code} ${actor ?? `on ${operation ?? ''}`}`
}

function joined(before: readonly string[], now: readonly string[], goesOn: boolean): readonly string[] {
  if (!goesOn) return [...new Set(now)].slice(0, namesMax)
  if (now.every(one => before.includes(one))) return before
  return [...new Set([...before, ...now])].slice(0, namesMax)
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
