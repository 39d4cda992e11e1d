// Hot path: three contexts for each token of each value of a judged request.
import { endToken, startToken, tokenLimit, type Tokens } from './text-tokens.ts'

/** What followed a context: nearly always one token, so the first needs no table. */
interface Context {
  count: number
  token: number
  times: number
  more: Map<number, number> | null
}

/** The strangest stretch of a text. */
export interface Stretch {
  /** Bits by which it is less likely than texts usually are. */
  bits: number
  /** Tokens of it, `from` to `to` (exclusive). */
  from: number
  to: number
}

/** What a token may cost without being strange, bits: what is usual in names, numbers and sentences adds up to nothing. */
const allowance = 3
const base = 1 / 256
const contextsMax = 4096

/**
 * Which tokens follow which: contexts of two, one and none, each falling back to the shorter one and in the end to `parent`, as far as it is unsure
 * (Witten and Bell, IEEE Trans. Inf. Theory 37, 1991). So a model with few texts judges as its parent does. Learning does not depend on order while
 * there is room; merging adds.
 */
export class TokenModel {
  readonly #contexts = new Map<number, Context>()
  /** Token counts that found no room. */
  overflowed = 0

  get size(): number {
    return this.#contexts.size
  }

  add({ ids, length }: Tokens): void {
    let before = startToken
    let last = startToken
    for (let i = 0; i <= length; i++) {
      const token = i === length ? endToken : (ids[i] as number)
      this.#count(noContext, token, 1)
      this.#count(one(last), token, 1)
      this.#count(two(before, last), token, 1)
      before = last
      last = token
    }
  }

  /** The stretch of tokens that is strangest, as a CUSUM over their surprise finds it (Page, Biometrika 41, 1954). Linear. */
  strangest({ ids, length }: Tokens, parent: TokenModel | null, grandparent: TokenModel | null, into: Stretch): void {
    into.bits = 0
    into.from = 0
    into.to = 0
    let sum = 0
    let from = 0
    let before = startToken
    let last = startToken
    for (let i = 0; i <= length; i++) {
      const token = i === length ? endToken : (ids[i] as number)
      let p = base
      if (grandparent !== null) p = grandparent.#refined(p, before, last, token)
      if (parent !== null) p = parent.#refined(p, before, last, token)
      p = this.#refined(p, before, last, token)
      sum += -Math.log2(p) - allowance
      if (sum <= 0) {
        sum = 0
        from = i + 1
      } else if (sum > into.bits) {
        into.bits = sum
        into.from = from
        into.to = i + 1
      }
      before = last
      last = token
    }
  }

  merge(other: TokenModel): void {
    for (const [key, context] of other.#contexts) {
      this.#count(key, context.token, context.times)
      if (context.more !== null) for (const [token, times] of context.more) this.#count(key, token, times)
    }
    this.overflowed += other.overflowed
  }

  /** Context, then tokens with their counts, by number. */
  dump(): number[][] {
    return [...this.#contexts.entries()]
      .sort(([a], [b]) => a - b)
      .map(([key, { token, times, more }]) => [
        key,
        ...[[token, times] as const, ...(more ?? [])].sort(([a], [b]) => a - b).flat(),
      ])
  }

  /** Throws a RangeError on what no model wrote. */
  static restore(dump: unknown): TokenModel {
    const model = new TokenModel()
    if (!Array.isArray(dump) || dump.length > contextsMax) throw new RangeError('not the dump of a model of tokens')
    for (const row of dump as unknown[]) {
      if (!Array.isArray(row) || row.length % 2 !== 1 || !row.every(one => Number.isSafeInteger(one) && one >= 0))
        throw new RangeError('not the dump of a model of tokens')
      const [key = 0, ...pairs] = row as number[]
      for (let i = 0; i < pairs.length; i += 2) {
        if ((pairs[i] as number) >= tokenLimit) throw new RangeError('not the dump of a model of tokens')
        model.#count(key, pairs[i] as number, pairs[i + 1] as number)
      }
    }
    return model
  }

  #refined(base: number, before: number, last: number, token: number): number {
    let p = base
    const none = this.#contexts.get(noContext)
    if (none === undefined) return p
    p = blended(none, token, p)
    const short = this.#contexts.get(one(last))
    if (short === undefined) return p
    p = blended(short, token, p)
    const long = this.#contexts.get(two(before, last))
    return long === undefined ? p : blended(long, token, p)
  }

  #count(key: number, token: number, times: number): void {
    const context = this.#contexts.get(key)
    if (context === undefined) {
      if (this.#contexts.size >= contextsMax) this.overflowed += times
      else this.#contexts.set(key, { count: times, token, times, more: null })
      return
    }
    context.count += times
    if (context.token === token) context.times += times
    else {
      context.more ??= new Map()
      context.more.set(token, (context.more.get(token) ?? 0) + times)
    }
  }
}

const noContext = 0

function one(last: number): number {
  return 1 + last
}

function two(before: number, last: number): number {
  return tokenLimit + 1 + before * tokenLimit + last
}

function blended({ count, token: first, times, more }: Context, token: number, shorter: number): number {
  const seen = token === first ? times : (more?.get(token) ?? 0)
  const kinds = 1 + (more?.size ?? 0)
  return (seen + kinds * shorter) / (count + kinds)
}
