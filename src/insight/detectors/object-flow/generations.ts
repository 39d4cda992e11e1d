// Hot path: for every identifier of every exchange.
import { NumberTable } from '../../../lib/number-table.ts'

/** Entries of one row. */
const blockMax = 1024
const entryBytes = 11
const keyHigh = 4_294_967_296

/** Entries that are not written yet, or whose row may still grow. */
interface Block {
  readonly generation: number
  readonly number: number
  readonly bytes: Buffer
  used: number
  /** Written when so much was used. */
  written: number
}

/**
 * 32-bit numbers by keys below 2^53, in two generations: when the younger one is full, the elder one is forgotten. Survives the process as rows of a thousand
 * entries in the order in which they came, so that a second writes what came in it and no more; a generation takes its rows with it.
 */
export class Generations {
  /** Rows that did not read. */
  damaged = 0
  readonly #each: number
  #young = new NumberTable()
  #old = new NumberTable()
  #generation = 0
  #blocks: Block[] = []
  /** Blocks begun, of the younger and the elder generation. */
  #begun = 0
  #begunBefore = 0
  #gone: string[] = []

  /** `each`: entries of one generation. */
  constructor(each: number) {
    this.#each = each
  }

  get(key: number): number | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  /** Makes an entry the youngest; what it was before stays. */
  keep(key: number, value: number): void {
    if (this.#young.get(key) !== undefined) return
    if (this.#young.size >= this.#each) this.#turn()
    const kept = this.#old.get(key) ?? value
    this.#young.set(key, kept)
    let block = this.#blocks.at(-1)
    if (block === undefined || block.used >= blockMax || block.generation !== this.#generation) {
      const bytes = Buffer.allocUnsafe(blockMax * entryBytes)
      block = { generation: this.#generation, number: this.#begun++, bytes, used: 0, written: 0 }
      this.#blocks.push(block)
    }
    const at = block.used++ * entryBytes
    block.bytes.writeUInt32LE(key >>> 0, at)
    block.bytes.writeUIntLE(Math.floor(key / keyHigh), at + 4, 3)
    block.bytes.writeUInt32LE(kept, at + 7)
  }

  *changes(): Iterable<readonly [key: string, value: string | null]> {
    for (const row of this.#gone) yield [row, null]
    this.#gone = []
    for (const block of this.#blocks) {
      if (block.used === block.written) continue
      block.written = block.used
      yield [rowOf(block), block.bytes.toString('base64', 0, block.used * entryBytes)]
    }
    // The last one goes on.
    this.#blocks = this.#blocks.slice(-1).filter(({ used }) => used < blockMax)
  }

  /** Rows that do not read are skipped and counted. */
  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    const blocks: Array<readonly [generation: number, number: number, text: string]> = []
    for (const [row, text] of rows) {
      const [generation, number] = row.split(' ').map(Number)
      if (!Number.isSafeInteger(generation) || !Number.isSafeInteger(number)) this.damaged++
      else blocks.push([generation as number, number as number, text])
    }
    this.#generation = blocks.reduce((most, [generation]) => Math.max(most, generation), 0)
    for (const [generation, number, text] of blocks.sort(([a, b], [c, d]) => a - c || b - d)) {
      if (generation < this.#generation - 1) {
        this.#gone.push(`${generation} ${number}`)
        continue
      }
      const table = generation === this.#generation ? this.#young : this.#old
      if (table === this.#young) this.#begun = number + 1
      else this.#begunBefore = number + 1
      const bytes = Buffer.from(text, 'base64')
      if (bytes.length === 0 || bytes.length % entryBytes !== 0) {
        this.damaged++
        continue
      }
      for (let at = 0; at < bytes.length && table.size < this.#each; at += entryBytes)
        table.set(bytes.readUInt32LE(at) + bytes.readUIntLE(at + 4, 3) * keyHigh, bytes.readUInt32LE(at + 7))
    }
  }

  #turn(): void {
    for (let number = 0; number < this.#begunBefore; number++) this.#gone.push(`${this.#generation - 1} ${number}`)
    // Where nobody takes rows they must not pile up.
    if (this.#gone.length > 2 * Math.ceil(this.#each / blockMax) + 1024) this.#gone = this.#gone.slice(-1024)
    this.#blocks = this.#blocks.filter(({ generation }) => generation === this.#generation)
    this.#old = this.#young
    this.#young = new NumberTable()
    this.#generation++
    this.#begunBefore = this.#begun
    this.#begun = 0
  }
}

function rowOf({ generation, number }: Block): string {
  return `${generation} ${number}`
}
