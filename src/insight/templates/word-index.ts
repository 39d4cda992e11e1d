// Hot path: `find` once per segment of every path.
import { fnv } from '../../lib/hyper-log-log.ts'
import type { TrieNode } from './trie.ts'

/** A segment of `path` by where it stands, and the FNV-1a of its UTF-16 units. */
export interface SegmentPlace {
  readonly from: number
  readonly to: number
  readonly hash: number
}

/**
 * The words below all nodes of one trie, found by where they stand in a path. A Map by text must cut each segment out of its path and intern it, also
 * the values that are in no Map; that took four times as long. Who makes two texts meet gains nothing: they are compared.
 */
export class WordIndex {
  /** Pairs of hash and id and one, open addressing, at most half full. */
  #slots = new Int32Array(128)
  #size = 0

  /** The word below `at`; null: there is none. */
  find(nodes: readonly TrieNode[], at: TrieNode, path: string, segment: SegmentPlace): TrieNode | null {
    const slots = this.#slots
    const mask = slots.length / 2 - 1
    const { from, to } = segment
    const hash = below(at.id, segment.hash)
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = slots[slot * 2 + 1] as number
      if (id === 0) return null
      if (slots[slot * 2] !== hash) continue
      const node = nodes[id - 1] as TrieNode
      if (node.parent === at.id && stands(node.text as string, path, from, to)) return node
    }
  }

  /** `word`: a node with a text, that is not here yet. */
  add(word: TrieNode): void {
    if (++this.#size * 4 > this.#slots.length) {
      const old = this.#slots
      this.#slots = new Int32Array(old.length * 2)
      for (let i = 1; i < old.length; i += 2) if (old[i] !== 0) this.#put(old[i - 1] as number, old[i] as number)
    }
    this.#put(below(word.parent, fnv(word.text as string)), word.id + 1)
  }

  #put(hash: number, id: number): void {
    const slots = this.#slots
    const mask = slots.length / 2 - 1
    let slot = hash & mask
    while (slots[slot * 2 + 1] !== 0) slot = (slot + 1) & mask
    slots[slot * 2] = hash
    slots[slot * 2 + 1] = id
  }
}

function below(parent: number, hash: number): number {
  const mixed = Math.imul(hash ^ Math.imul(parent, 0x9e3779b1), 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}

function stands(text: string, path: string, from: number, to: number): boolean {
  if (text.length !== to - from) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== path.charCodeAt(from + i)) return false
  return true
}
