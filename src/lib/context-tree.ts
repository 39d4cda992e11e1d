// Hot path of learning: depth + 1 look-ups for every step.
import { CountTable } from './count-table.ts'

/** Node of a tree as data: a symbol with its counts, the nodes below it following at once (preorder). */
export interface ContextRow {
  readonly symbol: number
  readonly count: number
  /** Nodes directly below it that follow. */
  readonly kept: number
  /** Of what followed it but was pruned: how often, and how many different symbols. */
  readonly lostCount: number
  readonly lostDistinct: number
}

/** A place in a sequence as a tree knows it. */
export interface PlaceInContext {
  /** Symbols of the longest context before it that is known well enough. */
  readonly context: number
  /** How often anything followed that context, and how often the symbol of the place did. */
  readonly followed: number
  readonly times: number
  /** What followed it most, at most three. */
  readonly usual: readonly { readonly symbol: number; readonly times: number }[]
}

/**
 * A variable-order Markov model over integer symbols (0 ≤ symbol < 2^26): how often each symbol followed each context of up to `depth` symbols.
 * Longer contexts are blended with shorter ones by how surely they are known (Witten and Bell 1991, as in PPM), so that every symbol has a
 * probability above 0; what is new after a short context too is more surprising than what is new after a long one alone. Time is linear in the symbols; of nodes there are at most `nodesMax`: beyond it, the rarest are pruned and counted.
 */
export class ContextTree {
  readonly #depth: number
  readonly #nodesMax: number
  /** parent × 2^26 + symbol → node */
  #children: CountTable
  #size = 1
  #symbol: Int32Array
  #parent: Int32Array
  #count: Int32Array
  /** How often anything followed the node, and how many different symbols did. */
  #followers: Int32Array
  #distinct: Int32Array
  #pruned = 0
  /** Nodes of the contexts of the place that is looked at, by their length: made once, since a place is looked at with every step. */
  readonly #active: Int32Array
  /** First child and next sibling of each node, 0 for none; made when asked for. */
  #lists: { readonly first: Int32Array; readonly next: Int32Array } | null = null

  constructor(depth: number, nodesMax: number) {
    this.#depth = depth
    this.#nodesMax = Math.max(nodesMax, 64)
    this.#children = new CountTable()
    this.#active = new Int32Array(depth + 1)
    const room = 64
    this.#symbol = new Int32Array(room)
    this.#parent = new Int32Array(room)
    this.#count = new Int32Array(room)
    this.#followers = new Int32Array(room)
    this.#distinct = new Int32Array(room)
  }

  get size(): number {
    return this.#size
  }

  /** Nodes that were dropped for room since the beginning. */
  get pruned(): number {
    return this.#pruned
  }

  /** The first symbol is context only: a start, which nothing predicts. */
  learn(symbols: ArrayLike<number>): void {
    const active = this.#start(symbols)
    for (let at = 1; at < symbols.length; at++) {
      if (this.#size + this.#depth + 2 > this.#nodesMax) {
        this.#prune()
        this.#place(symbols, at, active)
      }
      const symbol = symbols[at] as number
      for (let k = this.#depth; k >= 0; k--) {
        const node = active[k] as number
        if (node < 0) continue
        let child = this.#children.get(node * symbolsMax + symbol, -1)
        if (child < 0) {
          child = this.#add(node, symbol)
          this.#distinct[node] = (this.#distinct[node] as number) + 1
        }
        this.#count[child] = (this.#count[child] as number) + 1
        this.#followers[node] = (this.#followers[node] as number) + 1
        if (k < this.#depth) active[k + 1] = child
      }
    }
  }

  /** Bits of surprise of each symbol after the first, into `out[1…]`. `alphabet`: symbols that could come, for one never seen. */
  surprises(symbols: ArrayLike<number>, alphabet: number, out: Float64Array, bare?: Float64Array): void {
    const active = new Int32Array(this.#depth + 1)
    this.#place(symbols, 1, active)
    for (let at = 1; at < symbols.length; at++) {
      out[at] = this.#bits(active, symbols[at] as number, alphabet)
      if (bare !== undefined) bare[at] = this.#bareBits(symbols[at] as number, alphabet)
      this.#step(active, symbols[at] as number)
    }
  }

  /** Bits of surprise of one symbol after others (the last `depth` count), and the same without knowing those. */
  bitsAfter(before: ArrayLike<number>, symbol: number, alphabet: number): { informed: number; bare: number } {
    const active = this.#active
    this.#place(before, before.length, active)
    return { informed: this.#bits(active, symbol, alphabet), bare: this.#bareBits(symbol, alphabet) }
  }

  /** How often a symbol followed another one. */
  times(before: number, symbol: number): number {
    const parent = this.#children.get(before, -1)
    const child = parent < 0 ? -1 : this.#children.get(parent * symbolsMax + symbol, -1)
    return child < 0 ? 0 : (this.#count[child] as number)
  }

  /** What is known of the place `at`, for words: not fast the first time after learning. */
  at(symbols: ArrayLike<number>, at: number): PlaceInContext {
    const active = new Int32Array(this.#depth + 1)
    this.#place(symbols, at, active)
    // A context seen a few times says little.
    const enough = Math.min(10, this.#followers[0] as number)
    let context = this.#depth
    while (
      context > 0 &&
      ((active[context] as number) < 0 || (this.#followers[active[context] as number] as number) < enough)
    )
      context--
    const node = active[context] as number
    const child = this.#children.get(node * symbolsMax + (symbols[at] as number), -1)
    const usual = this.#below(node)
      .map(below => ({ symbol: this.#symbol[below] as number, times: this.#count[below] as number }))
      .sort((a, b) => b.times - a.times || a.symbol - b.symbol)
    return {
      context,
      followed: this.#followers[node] as number,
      times: child < 0 ? 0 : (this.#count[child] as number),
      usual: usual.slice(0, 3),
    }
  }

  /** All nodes, the root first. `rank` orders the symbols and names them in the rows; −1: the symbol is dropped. */
  rows(rank: (symbol: number) => number): ContextRow[] {
    const rows: ContextRow[] = []
    const open = [0]
    while (open.length > 0) {
      const node = open.pop() as number
      const kept = this.#below(node)
        .map(child => ({ child, at: rank(this.#symbol[child] as number) }))
        .filter(({ at }) => at >= 0)
        .sort((a, b) => b.at - a.at)
        .map(({ child }) => child)
      const count = kept.reduce((sum, child) => sum + (this.#count[child] as number), 0)
      rows.push({
        symbol: node === 0 ? 0 : rank(this.#symbol[node] as number),
        count: this.#count[node] as number,
        kept: kept.length,
        lostCount: (this.#followers[node] as number) - count,
        lostDistinct: (this.#distinct[node] as number) - kept.length,
      })
      open.push(...kept)
    }
    return rows
  }

  /** Takes back what `rows` gave, into an empty tree. Throws when they do not form a tree. */
  restore(rows: readonly ContextRow[]): void {
    const open: { readonly node: number; left: number }[] = []
    for (const [i, { symbol, count, kept, lostCount, lostDistinct }] of rows.entries()) {
      const above = open.at(-1)
      if ((i > 0 && above === undefined) || open.length > this.#depth + 1) throw new Error('not a context tree')
      const node = i === 0 ? 0 : this.#add(above?.node as number, symbol)
      if (above !== undefined) {
        above.left--
        this.#followers[above.node] = (this.#followers[above.node] as number) + count
        this.#distinct[above.node] = (this.#distinct[above.node] as number) + 1
      }
      this.#count[node] = count
      this.#followers[node] = lostCount
      this.#distinct[node] = lostDistinct
      open.push({ node, left: kept })
      while (open.at(-1)?.left === 0) open.pop()
    }
    if (open.length > 0) throw new Error('not a context tree')
  }

  #bits(active: Int32Array, symbol: number, alphabet: number): number {
    let probability = 1 / (alphabet + 1)
    for (let k = 0; k <= this.#depth; k++) {
      const node = active[k] as number
      if (node < 0) continue
      const followers = this.#followers[node] as number
      if (followers === 0) continue
      const child = this.#children.get(node * symbolsMax + symbol, -1)
      const times = child < 0 ? 0 : (this.#count[child] as number)
      const distinct = this.#distinct[node] as number
      probability = (times + distinct * probability) / (followers + distinct)
    }
    return -Math.log2(probability)
  }

  #bareBits(symbol: number, alphabet: number): number {
    const child = this.#children.get(symbol, -1)
    const distinct = this.#distinct[0] as number
    const times = child < 0 ? 0 : (this.#count[child] as number)
    return -Math.log2((times + distinct / (alphabet + 1)) / ((this.#followers[0] as number) + distinct))
  }

  /** Nodes directly below one. */
  #below(node: number): number[] {
    if (this.#lists === null) {
      const first = new Int32Array(this.#size)
      const next = new Int32Array(this.#size)
      for (let child = this.#size - 1; child > 0; child--) {
        const parent = this.#parent[child] as number
        next[child] = first[parent] as number
        first[parent] = child
      }
      this.#lists = { first, next }
    }
    const { first, next } = this.#lists
    const found: number[] = []
    for (let child = first[node] as number; child !== 0; child = next[child] as number) found.push(child)
    return found
  }

  /** Nodes of the contexts of 0, 1, … symbols that end before `at`; −1: never seen. */
  #place(symbols: ArrayLike<number>, at: number, active: Int32Array): void {
    active.fill(-1)
    active[0] = 0
    for (let i = Math.max(0, at - this.#depth); i < at; i++) this.#step(active, symbols[i] as number)
  }

  #start(symbols: ArrayLike<number>): Int32Array {
    const active = this.#active
    active.fill(-1)
    active[0] = 0
    if (symbols.length === 0 || this.#depth === 0) return active
    const first = symbols[0] as number
    const child = this.#children.get(first, -1)
    active[1] = child < 0 ? this.#add(0, first) : child
    return active
  }

  #step(active: Int32Array, symbol: number): void {
    for (let k = this.#depth - 1; k >= 0; k--) {
      const node = active[k] as number
      active[k + 1] = node < 0 ? -1 : this.#children.get(node * symbolsMax + symbol, -1)
    }
  }

  #add(parent: number, symbol: number): number {
    const node = this.#size++
    this.#lists = null
    if (node >= this.#symbol.length) this.#grow(node * 2)
    this.#symbol[node] = symbol
    this.#parent[node] = parent
    this.#count[node] = 0
    this.#followers[node] = 0
    this.#distinct[node] = 0
    this.#children.set(parent * symbolsMax + symbol, node)
    return node
  }

  #grow(room: number): void {
    this.#symbol = grown(this.#symbol, room)
    this.#parent = grown(this.#parent, room)
    this.#count = grown(this.#count, room)
    this.#followers = grown(this.#followers, room)
    this.#distinct = grown(this.#distinct, room)
  }

  /** Drops all nodes below a count, the smallest that leaves half the room. What followed the others stays counted in them. */
  #prune(): void {
    const sizes = new Map<number, number>()
    for (let node = 1; node < this.#size; node++) {
      const count = this.#weight(node)
      sizes.set(count, (sizes.get(count) ?? 0) + 1)
    }
    let left = this.#size
    let least = 0
    for (const [count, nodes] of [...sizes].sort((a, b) => a[0] - b[0])) {
      if (left <= this.#nodesMax / 2) break
      left -= nodes
      least = count + 1
    }
    const old = { symbol: this.#symbol, parent: this.#parent, count: this.#count, size: this.#size }
    const [followers, distinct] = [this.#followers, this.#distinct]
    const moved = new Int32Array(old.size).fill(-1)
    const stays = Array.from({ length: old.size }, (_, node) => node === 0 || this.#weight(node) >= least)
    this.#pruned += old.size - left
    this.#children = new CountTable(left)
    this.#lists = null
    this.#size = 1
    moved[0] = 0
    // A parent is older than its children, so that it has its new place before them.
    for (let node = 1; node < old.size; node++) {
      const parent = moved[old.parent[node] as number] as number
      if (!stays[node] || parent < 0) continue
      const count = old.count[node] as number
      const symbol = old.symbol[node] as number
      const [follows, differs] = [followers[node] as number, distinct[node] as number]
      const place = this.#add(parent, symbol)
      moved[node] = place
      this.#count[place] = count
      this.#followers[place] = follows
      this.#distinct[place] = differs
    }
  }

  /** A start symbol is never counted itself; it is worth what followed it. */
  #weight(node: number): number {
    return Math.max(this.#count[node] as number, this.#followers[node] as number)
  }
}

const symbolsMax = 2 ** 26

function grown(array: Int32Array, room: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(room)
  larger.set(array)
  return larger
}
