// Hot path: `learn` once per exchange.
import { HyperLogLog, sketchHash } from '../../lib/hyper-log-log.ts'
import type { SegmentShape } from '../../lib/segment-shape.ts'
import type { CallSigns, LeafId } from './path-template.ts'
import { readSegment } from './segment.ts'

/** Bounds of a trie; what is beyond is counted and goes to the place's shared node. */
export interface TrieLimits {
  /** Nodes in all. One takes about 400 bytes. */
  readonly nodesMax: number
  /** Single words kept apart below one node while there is room. */
  readonly wordsMax: number
  /** Segments of a path looked at; the rest counts as one. */
  readonly depthMax: number
}

export const trieLimits: TrieLimits = { nodesMax: 50_000, wordsMax: 200, depthMax: 32 }

/** One place in the paths seen. Words are kept apart until there are too many, values of one shape share a node. */
export interface TrieNode {
  /** As seen, or the frame (`Orders({})`); null for shared nodes. */
  readonly text: string | null
  readonly shape: SegmentShape | 'string' | 'rest' | null
  readonly suffix: string
  readonly depth: number
  words: Map<string, TrieNode> | null
  shared: Map<string, TrieNode> | null
  /** Calls through and to this place. */
  calls: number
  /** Calls that ended here. */
  ends: number
  leaf: LeafId
  /** valueOdds of the text; NaN until it is asked for. */
  odds: number
  /** Distinct values, of shared nodes. */
  distinct: HyperLogLog | null
  /** Calls that ended here by status class, index 1–5; null until one is known. */
  statuses: number[] | null
  /** Response key sets seen here, few. */
  keys: Map<string, number> | null
}

const keysMax = 8

/** The paths of a service as a tree, bounded. Cost of a call: O(segments). */
export class PathTrie {
  readonly root: TrieNode = node(null, null, '', 0)
  readonly #limits: TrieLimits
  /** Leaves by id. */
  readonly leaves: TrieNode[] = []
  #nodes = 1
  /** Words that found no room of their own and were counted as values. */
  overflowed = 0
  /** Grows with every node. */
  get size(): number {
    return this.#nodes
  }

  /** Texts that an operator or a document calls literals: never counted as values from then on, whatever their shape. */
  readonly apart = new Set<string>()

  constructor(limits: TrieLimits) {
    this.#limits = limits
  }

  learn(path: string, signs?: CallSigns): LeafId {
    let at = this.root
    at.calls++
    let from = path.charCodeAt(0) === 47 ? 1 : 0
    for (let depth = 1; from <= path.length; depth++) {
      if (depth > this.#limits.depthMax) {
        at = this.#shared(at, 'rest', '', path.slice(from, from + 256))
        at.calls++
        break
      }
      let to = path.indexOf('/', from)
      if (to === -1) to = path.length
      const text = path.slice(from, to)
      const word = at.words?.get(text)
      at = word ?? this.#step(at, text)
      at.calls++
      from = to + 1
    }
    return this.#end(at, signs)
  }

  /** The leaf that a path counts to; null when no call has come there. Learns nothing. */
  find(path: string): LeafId | null {
    let at = this.root
    let from = path.charCodeAt(0) === 47 ? 1 : 0
    for (let depth = 1; from <= path.length; depth++) {
      if (depth > this.#limits.depthMax) {
        at = at.shared?.get('rest') ?? at
        break
      }
      let to = path.indexOf('/', from)
      if (to === -1) to = path.length
      const text = path.slice(from, to)
      const next = at.words?.get(text) ?? this.#seen(at, text)
      if (next !== undefined) at = next
      // Without any room left calls count to the place that they reached (#shared).
      else if (this.#nodes < this.#limits.nodesMax * 1.2) return null
      from = to + 1
    }
    return at.leaf === -1 ? null : at.leaf
  }

  #seen(at: TrieNode, text: string): TrieNode | undefined {
    if (this.apart.has(text)) return undefined
    const { shape, suffix, frame } = readSegment(text)
    const own = frame === '' ? undefined : at.words?.get(frame)
    // What is a word only by its place was kept apart there, or found no room and went to the shared node.
    const kind = frame !== '' || shape === null || isVersion(at, shape, text) ? 'string' : shape
    return own ?? at.shared?.get(suffix === '' ? kind : `${kind} ${suffix}`)
  }

  /** The child that a new text belongs to, made when there is room. */
  #step(at: TrieNode, text: string): TrieNode {
    if (this.apart.has(text)) return this.#word(at, text, '')
    const { shape, suffix, frame } = readSegment(text)
    if (frame !== '') return this.#word(at, frame, '')
    if (shape === null || isVersion(at, shape, text)) return this.#word(at, text, suffix)
    return this.#shared(at, shape, suffix, text)
  }

  #word(at: TrieNode, written: string, suffix: string): TrieNode {
    const known = at.words?.get(written)
    if (known !== undefined) return known
    // Less room for each place as the whole fills up: a bomb in one place must not keep others from being learnt.
    const share = this.#nodes / this.#limits.nodesMax
    const max = share < 0.5 ? this.#limits.wordsMax : share < 0.9 ? this.#limits.wordsMax / 8 : 2
    if ((at.words?.size ?? 0) >= max || this.#nodes >= this.#limits.nodesMax) {
      this.overflowed++
      return this.#shared(at, 'string', suffix, written)
    }
    // A slice of the path would keep the whole request alive.
    const text = Buffer.from(written).toString()
    const made = node(text, null, suffix, at.depth + 1)
    at.words ??= new Map()
    at.words.set(text, made)
    this.#nodes++
    return made
  }

  #shared(at: TrieNode, shape: SegmentShape | 'string' | 'rest', suffix: string, value: string): TrieNode {
    const key = suffix === '' ? shape : `${shape} ${suffix}`
    let made = at.shared?.get(key)
    if (made === undefined) {
      if (this.#nodes >= this.#limits.nodesMax * 1.2) {
        // Nothing new is made any more: the call counts for the place that it reached.
        this.overflowed++
        return at
      }
      made = node(null, shape, suffix, at.depth + 1)
      at.shared ??= new Map()
      at.shared.set(key, made)
      this.#nodes++
    }
    made.distinct?.add(sketchHash(value))
    return made
  }

  #end(at: TrieNode, signs: CallSigns | undefined): LeafId {
    at.ends++
    if (at.leaf === -1) {
      at.leaf = this.leaves.length
      this.leaves.push(at)
    }
    if (signs !== undefined) {
      if (signs.status !== undefined) {
        at.statuses ??= [0, 0, 0, 0, 0, 0]
        const kind = Math.min(5, Math.max(0, Math.trunc(signs.status / 100)))
        at.statuses[kind] = (at.statuses[kind] as number) + 1
      }
      if (signs.keys !== undefined) {
        at.keys ??= new Map()
        const seen = at.keys.get(signs.keys)
        if (seen !== undefined || at.keys.size < keysMax) at.keys.set(signs.keys, (seen ?? 0) + 1)
      }
    }
    return at.leaf
  }
}

const smallVersion = /^\d{1,2}(?:\.\d{1,2})?$/
const versionParents: ReadonlySet<string> = new Set(['api', 'rest', 'services', 'service', 'version', 'v'])

/** `/1.1/statuses`, `/api/2/issue`: the number of a version stands where nothing has been named yet. */
function isVersion(at: TrieNode, shape: SegmentShape, text: string): boolean {
  if ((shape !== 'integer' && shape !== 'number') || !smallVersion.test(text)) return false
  return at.depth === 0 || (at.depth < 4 && at.text !== null && versionParents.has(at.text.toLowerCase()))
}

function node(text: string | null, shape: TrieNode['shape'], suffix: string, depth: number): TrieNode {
  const shared = shape !== null
  return {
    text,
    shape,
    suffix,
    depth,
    words: null,
    shared: null,
    calls: 0,
    ends: 0,
    leaf: -1,
    odds: Number.NaN,
    distinct: shared ? new HyperLogLog() : null,
    statuses: null,
    keys: null,
  }
}
