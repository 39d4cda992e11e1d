import { Readable, Writable } from 'node:stream'
import { randomOf } from '../fuzz/mutation.ts'

/** Not a power of two and not a size of anybody's buffer, so that a piece from the wrong place never fits. */
const PERIOD = 1_048_573

/** A stream of bytes that a seed repeats, of any length, without being stored: every stretch can be checked by its place. */
export interface EndlessBytes {
  /** The first `length` bytes, in pieces of at most 64 KiB. */
  stream(length: number): Readable
  /** Checks each piece by its place; `take` throws on the first byte that is another. */
  checker(): { readonly seen: number; take(piece: Buffer): void }
  /** A slow reader: takes in pieces and rests `restMs` after every `every` bytes. Resolves `finished` with how many bytes came. */
  slowReader(every: number, restMs: number): { readonly sink: Writable; readonly finished: Promise<number> }
}

export function endlessBytes(seed: number): EndlessBytes {
  const random = randomOf(seed)
  // Twice the period: a piece at any place is one slice.
  const once = Buffer.allocUnsafe(PERIOD)
  for (let i = 0; i < PERIOD; i++) once[i] = random.below(256)
  const table = Buffer.concat([once, once])
  const at = (place: number, length: number): Buffer => table.subarray(place % PERIOD, (place % PERIOD) + length)
  const checker = (): { seen: number; take(piece: Buffer): void } => ({
    seen: 0,
    take(piece) {
      for (let from = 0; from < piece.length; ) {
        const length = Math.min(piece.length - from, PERIOD)
        if (!piece.subarray(from, from + length).equals(at(this.seen, length)))
          throw new Error(`another byte between ${this.seen} and ${this.seen + length}`)
        this.seen += length
        from += length
      }
    },
  })
  return {
    stream: length => {
      let place = 0
      return new Readable({
        highWaterMark: 64 * 1024,
        read() {
          const size = Math.min(64 * 1024, length - place)
          this.push(size === 0 ? null : Buffer.from(at(place, size)))
          place += size
        },
      })
    },
    checker,
    slowReader: (every, restMs) => {
      const check = checker()
      let sinceRest = 0
      const sink = new Writable({
        highWaterMark: 64 * 1024,
        write(piece: Buffer, _encoding, done) {
          try {
            check.take(piece)
          } catch (error) {
            return done(error as Error)
          }
          sinceRest += piece.length
          if (sinceRest < every) return done()
          sinceRest = 0
          setTimeout(done, restMs)
        },
      })
      const finished = new Promise<number>((resolve, reject) => {
        sink.on('finish', () => resolve(check.seen))
        sink.on('error', reject)
      })
      return { sink, finished }
    },
  }
}
