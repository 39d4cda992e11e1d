// Hot path: once for every sequence that is learnt or judged.
import type { Composition } from './compositions.ts'
import { endSymbol, startSymbol, unknownSymbol } from './vocabulary.ts'

/** A sequence as the models read it. */
export interface Encoded {
  /** Start, steps, end; of more than two equal steps in a row two are left, since how often is for the composition to say. */
  readonly symbols: Int32Array
  /** Place of each symbol's step in the sequence, from 0; of the end, the number of steps. */
  readonly places: Int32Array
  /** Different symbols in the order in which they came first. */
  readonly firsts: readonly number[]
  readonly composition: Composition
  /** Different steps that have no symbol. */
  readonly unknown: number
  /** The beginning with runs collapsed to one. */
  readonly example: readonly number[]
}

/** Steps of an example that are kept. */
const exampleMax = 128
/** Different steps of a composition: the first ones, so that comparing it takes bounded time. */
const differentMax = 512

/** Linear in the steps (but for sorting the different ones). */
export function encode(steps: readonly string[], symbolOf: (name: string) => number): Encoded {
  const symbols = new Int32Array(steps.length + 2)
  const places = new Int32Array(steps.length + 2)
  const counts = new Map<number, number>()
  const example: number[] = []
  const unknown = new Set<string>()
  symbols[0] = startSymbol
  let length = 1
  for (let i = 0; i < steps.length; i++) {
    const symbol = symbolOf(steps[i] as string)
    if (symbol === unknownSymbol) unknown.add(steps[i] as string)
    counts.set(symbol, (counts.get(symbol) ?? 0) + 1)
    if (symbols[length - 1] !== symbol) {
      if (example.length < exampleMax) example.push(symbol)
    } else if (length > 2 && symbols[length - 2] === symbol) continue
    symbols[length] = symbol
    places[length++] = i
  }
  symbols[length] = endSymbol
  places[length++] = steps.length
  const different = [...counts.keys()].slice(0, differentMax).sort((a, b) => a - b)
  return {
    symbols: symbols.subarray(0, length),
    places: places.subarray(0, length),
    firsts: [...counts.keys()],
    composition: { symbols: different, counts: different.map(symbol => rounded(counts.get(symbol) as number)) },
    example,
    unknown: unknown.size,
  }
}

/** Exact where a few more matter; beyond, within a tenth, so that long sequences that are alike have one composition. */
function rounded(count: number): number {
  return count <= 16 ? count : Math.round(2 ** (Math.round(Math.log2(count) * 4) / 4))
}
