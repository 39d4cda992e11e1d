/** A pause longer than this ends a stretch of use, ms. */
const pauseMs = 600_000

const targetsMax = 256
const stretchesMax = 32

/** One stretch of time in which a target served. */
export interface Stretch {
  fromMs: number
  toMs: number
  calls: number
}

/** When each target of a service served, coarsely: with who had its address then, this tells who answered for the service, and when. */
export class TargetUse {
  readonly #targets = new Map<string, Stretch[]>()

  add(target: string, timeMs: number): void {
    let stretches = this.#targets.get(target)
    if (stretches === undefined) {
      if (this.#targets.size >= targetsMax) this.#forgetOldest()
      this.#targets.set(target, (stretches = []))
    }
    const latest = stretches.at(-1)
    if (latest !== undefined && timeMs >= latest.fromMs && timeMs <= latest.toMs + pauseMs) {
      latest.calls++
      if (timeMs > latest.toMs) latest.toMs = timeMs
      return
    }
    const near = stretches.findLast(({ fromMs, toMs }) => timeMs >= fromMs - pauseMs && timeMs <= toMs + pauseMs)
    if (near !== undefined) {
      near.calls++
      if (timeMs < near.fromMs) near.fromMs = timeMs
      if (timeMs > near.toMs) near.toMs = timeMs
      return
    }
    stretches.push({ fromMs: timeMs, toMs: timeMs, calls: 1 })
    stretches.sort((a, b) => a.fromMs - b.fromMs)
    if (stretches.length > stretchesMax) stretches.shift()
  }

  *entries(): Iterable<readonly [target: string, stretches: readonly Stretch[]]> {
    yield* this.#targets
  }

  /** The target that served last; null: none is known. */
  latest(): { readonly target: string; readonly timeMs: number } | null {
    let found: { readonly target: string; readonly timeMs: number } | null = null
    for (const [target, stretches] of this.#targets) {
      const timeMs = stretches.at(-1)?.toMs ?? 0
      if (found === null || timeMs > found.timeMs) found = { target, timeMs }
    }
    return found
  }

  dump(): TargetUseDump {
    return [...this.#targets].map(([target, stretches]) => [
      target,
      stretches.map(({ fromMs, toMs, calls }) => [fromMs, toMs, calls] as const),
    ])
  }

  restore(dump: TargetUseDump): void {
    for (const [target, stretches] of dump)
      this.#targets.set(
        target,
        stretches.map(([fromMs, toMs, calls]) => ({ fromMs, toMs, calls })),
      )
  }

  #forgetOldest(): void {
    const last = ([, stretches]: readonly [string, readonly Stretch[]]): number => stretches.at(-1)?.toMs ?? 0
    const [oldest] = [...this.#targets].sort((a, b) => last(a) - last(b))
    if (oldest !== undefined) this.#targets.delete(oldest[0])
  }
}

export type TargetUseDump = ReadonlyArray<
  readonly [target: string, stretches: ReadonlyArray<readonly [fromMs: number, toMs: number, calls: number]>]
>
