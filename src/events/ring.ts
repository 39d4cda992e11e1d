// Hot path: one write per exchange.

const HEAD = 0
const TAIL = 16
const WRAP = 32
const DROPPED = 48
const ASKED = 64
/** The five cells above, each on a cache line of its own: writer and reader never fight over one. */
const CONTROL_BYTES = 320

/** Enough for some 300 ms of a main thread that is busy elsewhere, at 20,000 events a second. */
export const ringBytesDefault = 4 * 1024 * 1024

export interface RingWriter {
  /** Takes one line ending in LF, whole, or says no and counts it: never waits, never takes half a line. */
  write(line: string): boolean
}

export interface RingReader {
  /** Whole lines, oldest first, at most `maxBytes` unless one line alone is longer; null when there are none. A view: use it before `done`. */
  take(maxBytes: number): Uint8Array | null
  /** Gives back the first `bytes` of what `take` showed. */
  done(bytes: number): void
  /** Bytes that wait. */
  waiting(): number
  /** Lines refused since the memory was made. */
  dropped(): number
  /** Settles when the ring is half full; `cancel` settles it at once. */
  halfFull(): { readonly reached: Promise<unknown>; cancel(): void }
}

/**
 * Memory of a byte ring for one writing thread and one reading thread, held by the reader: when the writer's thread dies,
 * what it wrote is still there and the next writer goes on behind it. `bytes` is rounded up to a power of two.
 */
export function createRingMemory(bytes: number = ringBytesDefault): SharedArrayBuffer {
  if (!(bytes >= 1024 && bytes <= 2 ** 30)) throw new RangeError(`a ring has 1 KiB to 1 GiB, not ${bytes} bytes`)
  return new SharedArrayBuffer(CONTROL_BYTES + 2 ** Math.ceil(Math.log2(bytes)))
}

// Positions count bytes for ever, modulo 2^32; the capacity divides 2^32, so the offset is a mask. The head moves only after all bytes
// of a line lie there, so a writer that dies half-way leaves nothing behind. A line never wraps: the rest of the lap is left out, and WRAP
// says where it begins. One cell is enough for that: to wrap again the writer needs room behind the start of its lap, so the reader has passed the last one.

export function openRingWriter(memory: SharedArrayBuffer): RingWriter {
  const cells = new Int32Array(memory, 0, CONTROL_BYTES / 4)
  const bytes = Buffer.from(memory, CONTROL_BYTES)
  const capacity = bytes.length
  const half = capacity >>> 1

  function place(line: string, room: number): boolean {
    const head = Atomics.load(cells, HEAD) >>> 0
    const used = (head - Atomics.load(cells, TAIL)) >>> 0
    const offset = head & (capacity - 1)
    const toEnd = capacity - offset
    // Subtractions only: head + room could pass 2^32.
    const fits = room <= toEnd
    if (used + room + (fits ? 0 : toEnd) > capacity) return false
    const at = fits ? offset : 0
    const written = bytes.write(line, at, room)
    if (!fits) Atomics.store(cells, WRAP, offset)
    else if (written === toEnd) Atomics.store(cells, WRAP, capacity)
    const more = (fits ? 0 : toEnd) + written
    Atomics.store(cells, HEAD, (head + more) | 0)
    if (used + more >= half && used < half) wake()
    return true
  }

  function wake(): void {
    if (Atomics.exchange(cells, ASKED, 0) === 1) Atomics.notify(cells, ASKED)
  }

  return {
    write(line) {
      // Three bytes per UTF-16 unit is the worst case; the exact length is measured only when that does not fit.
      if (place(line, line.length * 3) || place(line, Buffer.byteLength(line))) return true
      Atomics.add(cells, DROPPED, 1)
      return false
    },
  }
}

export function openRingReader(memory: SharedArrayBuffer): RingReader {
  const cells = new Int32Array(memory, 0, CONTROL_BYTES / 4)
  const bytes = Buffer.from(memory, CONTROL_BYTES)
  const capacity = bytes.length
  let tail = Atomics.load(cells, TAIL) >>> 0

  function waiting(): number {
    return ((Atomics.load(cells, HEAD) >>> 0) - tail) >>> 0
  }

  /** The bytes that lie together from the tail on; steps over what was left out at the end of a lap. */
  function together(): { start: number; end: number } {
    const count = waiting()
    const start = tail & (capacity - 1)
    if (start + count <= capacity) return { start, end: start + count }
    const end = Atomics.load(cells, WRAP)
    if (start < end) return { start, end }
    advance(capacity - start)
    return { start: 0, end: waiting() }
  }

  function advance(by: number): void {
    tail = (tail + by) >>> 0
    Atomics.store(cells, TAIL, tail | 0)
  }

  return {
    waiting,
    take(maxBytes) {
      if (waiting() === 0) return null
      const { start, end } = together()
      if (start === end) return null
      if (end - start <= maxBytes) return bytes.subarray(start, end)
      const lineEnd = bytes.lastIndexOf(0x0a, start + maxBytes - 1)
      if (lineEnd >= start) return bytes.subarray(start, lineEnd + 1)
      return bytes.subarray(start, bytes.indexOf(0x0a, start) + 1)
    },
    done(count) {
      advance(count)
    },
    dropped() {
      return Atomics.load(cells, DROPPED) >>> 0
    },
    halfFull() {
      Atomics.store(cells, ASKED, 1)
      const asked = Atomics.waitAsync(cells, ASKED, 1)
      const cancel = (): void => {
        Atomics.store(cells, ASKED, 0)
        Atomics.notify(cells, ASKED)
      }
      // The writer tells only when it crosses the middle.
      if (waiting() >= capacity / 2) cancel()
      return { reached: Promise.resolve(asked.value), cancel }
    },
  }
}
