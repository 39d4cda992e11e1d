// Hot path: `learn` once per exchange.
import { fnv, fnvStart, fnvStep, HyperLogLog, mixed, sketchHash } from '../../lib/hyper-log-log.ts'
import type { SegmentShape } from '../../lib/segment-shape.ts'
import type { CallSigns, LeafId } from './path-template.ts'
import { type TextTraits, isCommonWord, isVersionName } from './literalness.ts'
import { readSegment } from './segment.ts'
import { WordIndex } from './word-index.ts'

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
  /** -1: the root. */
  readonly parent: number
  /** As seen, or the frame (`Orders({})`); null for shared nodes. */
  readonly text: string | null
  /** Place in the order of making; the root is 0. */
  readonly id: number
  /** Calls through and to this place. */
  calls: number
  /** Changed since it was last written down. */
  changed: boolean
  readonly shape: SegmentShape | 'string' | 'rest' | null
  readonly suffix: string
  readonly depth: number
  words: Map<string, TrieNode> | null
  shared: Map<string, TrieNode> | null
  /** The first of them: mostly the only one. */
  firstShared: TrieNode | null
  /** Calls that ended here. */
  ends: number
  leaf: LeafId
  /** Of the text; null until they are asked for. */
  traits: TextTraits | null
  /** Distinct values, of shared nodes. */
  distinct: HyperLogLog | null
  /** Calls that ended here by status class, index 1–5; null until one is known. */
  statuses: number[] | null
  /** Response key sets seen here, few. */
  keys: Map<string, number> | null
}

const keysMax = 8
/** Longer key sets are told apart by a hash. */
const keysLengthMax = 24

/** The paths of a service as a tree, bounded. Cost of a call: O(segments). */
export class PathTrie {
  readonly root: TrieNode
  /** By id. */
  readonly nodes: TrieNode[] = []
  /** Nodes touched since they were last written down; who writes them clears it. */
  readonly changed: TrieNode[] = []
  /** Keys of rows that stand for nothing any more. */
  readonly stale: string[] = []
  readonly #limits: TrieLimits
  readonly #words = new WordIndex()
  /** Leaves by id. */
  readonly leaves: TrieNode[] = []
  /** Words that found no room of their own and were counted as values. */
  overflowed = 0
  /** Grows with every node. */
  get size(): number {
    return this.nodes.length
  }

  /** Texts that an operator or a document calls literals: never counted as values from then on, whatever their shape. */
  readonly apart = new Set<string>()

  constructor(limits: TrieLimits) {
    this.#limits = limits
    this.root = this.#make(null, null, null, '')
  }

  learn(path: string, signs?: CallSigns): LeafId {
    let at = this.root
    this.#count(at)
    let from = path.charCodeAt(0) === 47 ? 1 : 0
    for (let depth = 1; from <= path.length; depth++) {
      if (depth > this.#limits.depthMax) {
        at = this.#shared(at, 'rest', '', fnv(path.slice(from, from + 256)))
        this.#count(at)
        break
      }
      // A Map would have to intern every value as a string first: its hash is taken where it stands.
      let hash: number = fnvStart
      let to = from
      for (; to < path.length; to++) {
        const code = path.charCodeAt(to)
        if (code === 47) break
        hash = fnvStep(hash, code)
      }
      at = this.#words.find(this.nodes, at, path, { from, to, hash }) ?? this.#step(at, path.slice(from, to), hash)
      this.#count(at)
      from = to + 1
    }
    return this.#end(at, signs)
  }

  #count(at: TrieNode): void {
    at.calls++
    if (at.changed) return
    at.changed = true
    this.changed.push(at)
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
      let hash: number = fnvStart
      let to = from
      for (; to < path.length; to++) {
        const code = path.charCodeAt(to)
        if (code === 47) break
        hash = fnvStep(hash, code)
      }
      const next = this.#words.find(this.nodes, at, path, { from, to, hash }) ?? this.#seen(at, path.slice(from, to))
      if (next !== undefined) at = next
      // Without any room left calls count to the place that they reached (#shared).
      else if (this.nodes.length < this.#limits.nodesMax * 1.2) return null
      from = to + 1
    }
    return at.leaf === -1 ? null : at.leaf
  }

  #seen(at: TrieNode, text: string): TrieNode | undefined {
    if (this.apart.size > 0 && this.apart.has(text)) return undefined
    const { shape, suffix, frame } = readSegment(text)
    const own = frame === '' ? undefined : at.words?.get(frame)
    // What is a word only by its place was kept apart there, or found no room and went to the shared node.
    const kind = frame !== '' || shape === null || isName(at, shape, text) ? 'string' : shape
    return own ?? at.shared?.get(sharedKey(kind, suffix))
  }

  /** The child that a text which is no word yet belongs to, made when there is room. `hash`: its `fnv`. */
  #step(at: TrieNode, text: string, hash: number): TrieNode {
    if (this.apart.size > 0 && this.apart.has(text)) return this.#word(at, text, '')
    const { shape, suffix, frame } = readSegment(text)
    if (frame !== '') return this.#word(at, frame, '')
    if (shape === null || isName(at, shape, text)) return this.#word(at, text, suffix)
    return this.#shared(at, shape, suffix, hash)
  }

  #word(at: TrieNode, written: string, suffix: string): TrieNode {
    const known = at.words?.get(written)
    if (known !== undefined) return known
    // Less room for each place as the whole fills up: a bomb in one place must not keep others from being learnt.
    const share = this.nodes.length / this.#limits.nodesMax
    const max = share < 0.5 ? this.#limits.wordsMax : share < 0.9 ? this.#limits.wordsMax / 8 : 2
    // Half as much again for words that most APIs use: they are names among values.
    const held = at.words?.size ?? 0
    const room = held < max || (held < max * 1.5 && isCommonWord(written))
    if (!room || this.nodes.length >= this.#limits.nodesMax) {
      this.overflowed++
      return this.#shared(at, 'string', suffix, fnv(written))
    }
    // A slice of the path would keep the whole request alive.
    const text = Buffer.from(written).toString()
    return this.#make(at, text, null, suffix)
  }

  /** `hash`: `fnv` of the value. */
  #shared(at: TrieNode, shape: SegmentShape | 'string' | 'rest', suffix: string, hash: number): TrieNode {
    let made = at.firstShared
    if (made === null || made.shape !== shape || made.suffix !== suffix)
      made = at.shared?.get(sharedKey(shape, suffix)) ?? null
    if (made === null) {
      if (this.nodes.length >= this.#limits.nodesMax * 1.2) {
        // Nothing new is made any more: the call counts for the place that it reached.
        this.overflowed++
        return at
      }
      made = this.#make(at, null, shape, suffix)
    }
    made.distinct?.add(mixed(hash))
    return made
  }

  /** A node that was written down, in the order of ids; false when it does not fit what is there. */
  restore(parent: number, text: string | null, shape: TrieNode['shape'], suffix: string): TrieNode | null {
    const at = this.nodes[parent]
    if (at === undefined || this.nodes.length >= this.#limits.nodesMax * 1.2) return null
    if (text === null ? at.shared?.has(sharedKey(shape ?? 'string', suffix)) : at.words?.has(text)) return null
    return this.#make(at, text, text === null ? (shape ?? 'string') : null, suffix)
  }

  #make(at: TrieNode | null, text: string | null, shape: TrieNode['shape'], suffix: string): TrieNode {
    const made: TrieNode = {
      parent: at?.id ?? -1,
      text,
      id: this.nodes.length,
      calls: 0,
      changed: false,
      firstShared: null,
      distinct: shape === null ? null : new HyperLogLog(),
      ends: 0,
      leaf: -1,
      statuses: null,
      keys: null,
      shape,
      suffix,
      depth: at === null ? 0 : at.depth + 1,
      words: null,
      shared: null,
      traits: null,
    }
    this.nodes.push(made)
    if (at === null) return made
    if (text !== null) {
      at.words ??= new Map()
      at.words.set(text, made)
      this.#words.add(made)
    } else {
      at.firstShared ??= made
      at.shared ??= new Map()
      at.shared.set(sharedKey(shape ?? 'string', suffix), made)
    }
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
        const key = signs.keys.length > keysLengthMax ? String(sketchHash(signs.keys)) : signs.keys
        const seen = at.keys.get(key)
        if (seen !== undefined || at.keys.size < keysMax) at.keys.set(key, (seen ?? 0) + 1)
      }
    }
    return at.leaf
  }
}

const smallVersion = /^\d{1,2}(?:\.\d{1,2})?$/
const versionParents: ReadonlySet<string> = new Set(['api', 'rest', 'services', 'service', 'version', 'v'])

/**
 * What may be a literal for all its form: `swagger.yaml`, `networking.k8s.io`, `v1beta2`; and `/1.1/statuses`, `/api/2/issue`: the number of a version
 * stands where nothing has been named yet.
 */
function isName(at: TrieNode, shape: SegmentShape, text: string): boolean {
  if (shape === 'file-name' || shape === 'domain') return true
  if (shape === 'code' && isVersionName(text)) return true
  if ((shape !== 'integer' && shape !== 'number') || !smallVersion.test(text)) return false
  return at.depth === 0 || (at.depth < 4 && at.text !== null && versionParents.has(at.text.toLowerCase()))
}

function sharedKey(shape: string, suffix: string): string {
  return suffix === '' ? shape : `${shape} ${suffix}`
}
