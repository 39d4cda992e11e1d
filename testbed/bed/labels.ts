/** Of which attack an exchange is a part. */
export interface Mark {
  /** `enumeration/slow/pod/1`. */
  readonly attack: string
  readonly class: string
  readonly variant: string
  /** The calls of services below it belong to it as well: it is the chain that is not as usual. */
  readonly whole: boolean
  /** Its trace shows it, not only its exchanges. */
  readonly traced: boolean
}

/** What is told of an exchange of an attack. */
export interface Marked {
  readonly id: string
  /** null: nothing reached a service. */
  readonly traceId: string | null
  readonly timeMs: number
  readonly address: string
  /** null: nobody was proved. */
  readonly principal: string | null
  /** null: there is no such operation. */
  readonly operation: string | null
}

/** An attack as truth.json tells of it. */
export interface TrueAttack {
  readonly id: string
  readonly class: string
  readonly variant: string
  readonly from: string
  readonly to: string
  readonly principals: readonly string[]
  readonly addresses: readonly string[]
  /** Some of its calls came from a pod's address. */
  readonly internal: boolean
  readonly operations: readonly string[]
  readonly exchanges: number
}

/** A line of labels.ndjson: `id` is that of an exchange, or of a trace. */
interface Label {
  readonly id: string
  readonly abnormal: true
  readonly class: string
  readonly attack: string
}

export interface Labels {
  take(mark: Mark, marked: Marked): void
  /** In the order of their first calls. */
  attacks(): TrueAttack[]
}

/** Writes a label for each exchange of an attack, and for each trace that shows one. */
export function createLabels(write: (line: string) => void, isInternal: (address: string) => boolean): Labels {
  const known = new Map<string, Sum>()
  const traces = new Set<string>()
  const line = (id: string, mark: Mark): void => {
    const label: Label = { id, abnormal: true, class: mark.class, attack: mark.attack }
    write(JSON.stringify(label))
  }
  return {
    take(mark, marked) {
      line(marked.id, mark)
      if (mark.traced && marked.traceId !== null && !traces.has(marked.traceId)) {
        traces.add(marked.traceId)
        line(marked.traceId, mark)
      }
      let sum = known.get(mark.attack)
      if (sum === undefined) known.set(mark.attack, (sum = emptySum(mark, marked.timeMs)))
      sum.fromMs = Math.min(sum.fromMs, marked.timeMs)
      sum.toMs = Math.max(sum.toMs, marked.timeMs)
      sum.exchanges++
      sum.addresses.add(marked.address)
      if (marked.principal !== null) sum.principals.add(marked.principal)
      if (marked.operation !== null) sum.operations.add(marked.operation)
    },
    attacks: () =>
      [...known.values()]
        .sort((a, b) => a.fromMs - b.fromMs)
        .map(({ mark, fromMs, toMs, principals, addresses, operations, exchanges }) => ({
          id: mark.attack,
          class: mark.class,
          variant: mark.variant,
          from: new Date(fromMs).toISOString(),
          to: new Date(toMs).toISOString(),
          principals: [...principals].sort(),
          addresses: [...addresses].sort(),
          internal: [...addresses].some(isInternal),
          operations: [...operations].sort(),
          exchanges,
        })),
  }
}

interface Sum {
  readonly mark: Mark
  fromMs: number
  toMs: number
  exchanges: number
  readonly principals: Set<string>
  readonly addresses: Set<string>
  readonly operations: Set<string>
}

function emptySum(mark: Mark, timeMs: number): Sum {
  return {
    mark,
    fromMs: timeMs,
    toMs: timeMs,
    exchanges: 0,
    principals: new Set(),
    addresses: new Set(),
    operations: new Set(),
  }
}
