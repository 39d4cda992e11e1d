/** A source of randomness that a seed repeats. */
export interface Random {
  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number
  chance(share: number): boolean
  pick<T>(list: readonly T[]): T
}

/** Mulberry32: small, good enough for mutation, and the same on every machine. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    chance: share => next() < share,
    pick: list => {
      const picked = list[below(list.length)]
      if (picked === undefined) throw new Error('nothing to pick from')
      return picked
    },
  }
}

/** Pieces that parsers have been known to disagree about. */
const spice = [
  '\r',
  '\n',
  '\r\n',
  '\n\n',
  '\r\n\r\n',
  '\0',
  '\t',
  ' ',
  '\x0b',
  '\x0c',
  '\x7f',
  '\x80',
  '\xa0',
  '\xff',
  ':',
  ';',
  ',',
  '"',
  '\\',
  '#',
  '+',
  '-',
  '0',
  '0x',
  'Content-Length: 0\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: +5\r\n',
  'Content-Length: 5, 5\r\n',
  'Content-Length : 5\r\n',
  'Content_Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Transfer-Encoding: chunked, chunked\r\n',
  'Transfer-Encoding:\x0bchunked\r\n',
  'Transfer-Encoding : chunked\r\n',
  'transfer-encoding: xchunked\r\n',
  'Host: b.example\r\n',
  'Host:\r\n',
  'Connection: close\r\n',
  'Connection: upgrade\r\nUpgrade: websocket\r\n',
  'Connection: Content-Length\r\n',
  'Expect: 100-continue\r\n',
  '0\r\n\r\n',
  '1\r\nZ\r\n',
  'ffffffffffffffff\r\n',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  ' folded\r\n',
  'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n',
]

/** A few random edits of a message: flipped, removed, doubled and inserted pieces, and splices with another message. */
export function mutate(random: Random, original: Buffer, others: readonly Buffer[]): Buffer {
  let text = original.toString('latin1')
  const edits = 1 + random.below(4)
  for (let edit = 0; edit < edits; edit++) {
    const at = random.below(text.length + 1)
    switch (random.below(7)) {
      case 0:
      case 1:
        text = text.slice(0, at) + random.pick(spice) + text.slice(at)
        break
      case 2: {
        // At a line's start, where whole fields belong.
        const line = text.indexOf('\r\n', at)
        const place = line < 0 ? at : line + 2
        text = text.slice(0, place) + random.pick(spice) + text.slice(place)
        break
      }
      case 3:
        text = text.slice(0, at) + text.slice(at + 1 + random.below(8))
        break
      case 4: {
        const piece = text.slice(at, at + 1 + random.below(24))
        text = text.slice(0, at) + piece + text.slice(at)
        break
      }
      case 5:
        text = text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1)
        break
      default: {
        const other = random.pick(others).toString('latin1')
        text = text.slice(0, at) + other.slice(random.below(other.length + 1))
      }
    }
  }
  return Buffer.from(text.slice(0, 16_384), 'latin1')
}
