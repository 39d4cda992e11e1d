/** All bytes that a worker holds back: heads in pieces, buffered bodies, slow readers. V8's own limits do not count Buffers (DESIGN §3). */
export class Budget {
  used = 0
  /** Replaced at reload; what is held already stays charged. */
  max: number

  constructor(max: number) {
    this.max = max
  }

  /** Takes `bytes` from the budget; false (and nothing taken) when it is spent. */
  charge(bytes: number): boolean {
    if (this.used + bytes > this.max) return false
    this.used += bytes
    return true
  }

  release(bytes: number): void {
    this.used -= bytes
  }

  get spent(): boolean {
    return this.used >= this.max
  }
}
