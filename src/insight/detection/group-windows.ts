// Hot path: once per event and detector that counts by operation.

/** Places of a window's numbers, from its scale's first: which window it is (0: none yet), the sum, and when it began to grow, Unix ms. */
export const indexAt = 0
export const sumAt = 1
export const firstMsAt = 2
/** Windows before, and the fullest of them, fading by the day. */
export const windowsAt = 3
export const peakAt = 4
/** Not to be learnt, or learnt already. */
export const flagsAt = 5
/** When it was told last that it is too full, and the value then. */
export const saidMsAt = 6
export const saidAt = 7
export const stride = 8
export const tainted = 1
export const ended = 2

/** A group's numbers: `stride` for each scale, from `at` in a block that it shares with others. */
export interface PlaceInBlock {
  block: Float64Array
  at: number
}

/** Groups of one block. */
const together = 128

/** Windows of groups next to one another, all 0 at first. */
export class GroupBlocks {
  readonly #width: number
  #block = new Float64Array(0)
  #used = together
  readonly #free: PlaceInBlock[] = []

  constructor(scales: number) {
    this.#width = scales * stride
  }

  take(): PlaceInBlock {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#used === together) {
      this.#block = new Float64Array(together * this.#width)
      this.#used = 0
    }
    return { block: this.#block, at: this.#used++ * this.#width }
  }

  /** For the next group; whoever still holds this one gets numbers of its own. */
  giveBack(group: PlaceInBlock): void {
    const { block, at } = group
    group.block = block.slice(at, at + this.#width)
    group.at = 0
    block.fill(0, at, at + this.#width)
    this.#free.push({ block, at })
  }
}
