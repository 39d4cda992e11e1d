import { createHash, hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'

/** Lengths around the buffers and records of everybody on the way: TLS records 16 KiB, reads 64 KiB; and 64 MiB. */
export const bodySizes: readonly number[] = [0, 1, 15, 16383, 16384, 16385, 65535, 65536, 65537, 1 << 20, 64 << 20]

/** A body of that length in which every stretch differs from every other, so that a lost, doubled or exchanged piece shows. */
export function body(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  // xorshift32: fast, and the same for each size.
  let state = (size ^ 0x9e3779b9) >>> 0 || 1
  for (let i = 0; i < size; i++) {
    if ((i & 3) === 0) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
    }
    bytes[i] = (state >>> ((i & 3) << 3)) & 0xff
  }
  return bytes
}

export interface BodyFile {
  readonly name: string
  readonly path: string
  readonly size: number
  readonly sha256: string
}

/** One file per size in that folder. */
export function writeBodies(folder: string, sizes: readonly number[] = bodySizes): BodyFile[] {
  return sizes.map(size => {
    const bytes = body(size)
    const file = path.join(folder, `body-${size}`)
    writeFileSync(file, bytes)
    return { name: `body-${size}`, path: file, size, sha256: hash('sha256', bytes) }
  })
}

/** SHA-256 of a stream of bytes, hex. */
export async function digestOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const digest = createHash('sha256')
  for await (const piece of stream) digest.update(piece)
  return digest.digest('hex')
}
