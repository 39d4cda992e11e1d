import type { CallNode, CallTree } from './call-tree.ts'
import { calledPeer } from './peer.ts'
import { requireNumbers } from './stored-numbers.ts'

/** How well the calls between two services are traced. */
export interface CoveragePair {
  readonly from: string
  readonly to: string
  /** Where the pair was seen: our log (route → service), or the caller's spans. */
  readonly seenIn: 'log' | 'spans'
  readonly calls: number
  /** Calls for which the called side sent spans too. */
  readonly withSpans: number
  /** 0–1. */
  readonly share: number
  /** Names under which the called side sends its spans, the most frequent first; a log names services as the configuration does. */
  readonly answersAs: readonly string[]
  /** RFC 3339 UTC. */
  readonly firstSeen: string
  readonly lastSeen: string
}

export interface PairDump {
  readonly from: string
  readonly to: string
  readonly seenIn: 'log' | 'spans'
  readonly calls: number
  readonly withSpans: number
  readonly names: ReadonlyArray<readonly [string, number]>
  readonly firstUs: number
  readonly lastUs: number
}

interface Pair {
  /** Of its row. */
  readonly key: string
  readonly from: string
  readonly to: string
  readonly seenIn: 'log' | 'spans'
  calls: number
  withSpans: number
  readonly names: Map<string, number>
  firstUs: number
  lastUs: number
  /** Changed since it was last written down. */
  changed: boolean
}

const namesMax = 16

/** Pairs of services seen in logs or as the other end of a caller's spans, and whether the called side is traced. */
export class Coverage {
  readonly #pairs = new Map<string, Pair>()
  /** Those seen in logs by caller and called: no key is put together for a call. */
  readonly #logged = new Map<string, Map<string, Pair>>()
  readonly #max: number
  readonly #changed: (key: string) => void
  dropped = 0

  constructor(max: number, changed: (key: string) => void) {
    this.#max = max
    this.#changed = changed
  }

  get size(): number {
    return this.#pairs.size
  }

  take(tree: CallTree): void {
    for (const node of tree.nodes) {
      const { span, children } = node
      const forwarded = span.attributes['portcullis.service']
      if (typeof forwarded === 'string') {
        this.#count(span.service, forwarded, 'log', span.startUs, otherService(node))
        continue
      }
      const peer = calledPeer(node)
      if (peer !== null) this.#count(span.service, peer, 'spans', span.startUs, null)
      else if (span.kind === 'client' && children.length > 0) {
        const to = otherService(node)
        if (to !== null) this.#count(span.service, to, 'spans', span.startUs, to)
      }
    }
  }

  /** A call that a log tells of, and of which the called side sent no span. */
  untraced(from: string, to: string, atUs: number): void {
    this.#count(from, to, 'log', atUs, null)
  }

  /** The pairs that lack spans most come first. */
  pairs(): CoveragePair[] {
    return [...this.#pairs.values()]
      .map(({ from, to, seenIn, calls, withSpans, names, firstUs, lastUs }) => ({
        from,
        to,
        seenIn,
        calls,
        withSpans,
        share: withSpans / calls,
        answersAs: [...names].sort((a, b) => b[1] - a[1]).map(([name]) => name),
        firstSeen: new Date(firstUs / 1000).toISOString(),
        lastSeen: new Date(lastUs / 1000).toISOString(),
      }))
      .sort((a, b) => a.share - b.share || b.calls - a.calls)
  }

  dump(key: string): PairDump | null {
    const pair = this.#pairs.get(key)
    if (pair === undefined) return null
    pair.changed = false
    const { from, to, seenIn, calls, withSpans, names, firstUs, lastUs } = pair
    return { from, to, seenIn, calls, withSpans, names: [...names], firstUs, lastUs }
  }

  /** Throws when it is none. */
  restore(key: string, dump: PairDump): void {
    requireNumbers(dump, ['calls', 'withSpans', 'firstUs', 'lastUs'])
    if (this.#pairs.size < this.#max && !this.#pairs.has(key))
      this.#add({ ...dump, key, names: new Map(dump.names), changed: false })
  }

  #count(from: string, to: string, seenIn: 'log' | 'spans', atUs: number, answeredBy: string | null): void {
    let pair = seenIn === 'log' ? this.#logged.get(from)?.get(to) : this.#pairs.get(JSON.stringify([from, to, seenIn]))
    if (pair === undefined) {
      if (this.#pairs.size >= this.#max) {
        this.dropped++
        return
      }
      const key = JSON.stringify([from, to, seenIn])
      const none = { calls: 0, withSpans: 0, firstUs: atUs, lastUs: atUs, changed: false }
      pair = { key, from, to, seenIn, names: new Map(), ...none }
      this.#add(pair)
    }
    pair.calls++
    if (answeredBy !== null) {
      pair.withSpans++
      if (pair.names.has(answeredBy) || pair.names.size < namesMax)
        pair.names.set(answeredBy, (pair.names.get(answeredBy) ?? 0) + 1)
    }
    if (atUs < pair.firstUs) pair.firstUs = atUs
    if (atUs > pair.lastUs) pair.lastUs = atUs
    if (pair.changed) return
    pair.changed = true
    this.#changed(pair.key)
  }

  #add(pair: Pair): void {
    this.#pairs.set(pair.key, pair)
    if (pair.seenIn !== 'log') return
    const called = this.#logged.get(pair.from)
    if (called === undefined) this.#logged.set(pair.from, new Map([[pair.to, pair]]))
    else called.set(pair.to, pair)
  }
}

function otherService(node: CallNode): string | null {
  for (const child of node.children) if (child.span.service !== node.span.service) return child.span.service
  return null
}
