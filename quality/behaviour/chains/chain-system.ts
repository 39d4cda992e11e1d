import { type Seeded, seeded } from '../../traffic/seeded.ts'
import { type Delay, delayOf, normal, type Spread } from './delays.ts'

/** One call of a made trace with all calls below it. Times in ms. */
export interface Call {
  readonly service: string
  readonly operation: string
  /** Time of its own. */
  selfMs: number
  failed: boolean
  readonly children: Call[]
}

/** What is wrong with a trace: times, or the calls themselves. */
export type Fault = 'slow' | 'cut' | 'extra'

export interface ChainSystemOptions {
  /** Different seeds are different systems: services, trees, times. */
  readonly seed: string
  readonly spread: Spread
  /** Kinds of traces, chosen by Zipf's law. */
  readonly structures: number
  /** Calls of the largest trace. */
  readonly callsMax: number
  /** By how much every service becomes slower (or faster) over the whole run: 0.3 is 30 %. */
  readonly drift: number
}

/** A made system of services: its normal traces, and faulty ones. */
export interface ChainSystem {
  /** `at`: when in the run, 0–1. */
  normal(random: Seeded, at: number): Call
  faulty(random: Seeded, at: number, fault: Fault): Call
}

/** A call of a kind of trace, before it happens. */
interface Plan {
  readonly service: number
  readonly operation: string
  readonly delay: Delay
  /** How often it is called in a row: from, to. */
  readonly times: readonly [number, number]
  readonly children: Plan[]
}

const words =
  'auth basket billing catalog config courier depot email food geo login market notify order payment price route seat station stock travel user voucher wait'.split(
    ' ',
  )

/**
 * A system with a few entry operations whose traces come in variants: a branch is there or not, a check ends the request early. Services
 * share a load that changes from trace to trace, so times of one trace go up and down together.
 */
export function createChainSystem({ seed, spread, structures, callsMax, drift }: ChainSystemOptions): ChainSystem {
  const made = seeded(`system ${seed}`)
  const services = words.slice(0, 12 + made.below(12))
  const delays = new Map<string, Delay>()
  const slopes = services.map(() => drift * (2 * made.next() - 0.5))

  function plan(service: number, operation: string, size: number, depth: number): Plan {
    const key = `${service} ${operation}`
    const delay = delays.get(key) ?? delayOf(spread, made)
    delays.set(key, delay)
    const children: Plan[] = []
    let left = depth < 7 ? size - 1 : 0
    while (left > 0) {
      const share = Math.min(left, 1 + made.below(Math.max(1, Math.ceil(left / (1 + made.below(3))))))
      children.push(plan(made.below(services.length), `op${made.below(6)}`, share, depth + 1))
      left -= share
    }
    const loops = depth > 1 && made.next() < 0.06
    return { service, operation, delay, times: loops ? [1, 2 + made.below(4)] : [1, 1], children }
  }

  const entries = Math.max(2, Math.ceil(structures / 4))
  const wholes = Array.from({ length: entries }, (_, i) =>
    plan(made.below(services.length), `GET /${words[i % words.length]}/${i}`, 3 + made.below(callsMax - 3), 0),
  )
  const plans = Array.from({ length: structures }, (_, i) => {
    const whole = wholes[i % entries] as Plan
    return i < entries ? whole : pruned(whole, made)
  })
  const weights = plans.map((_, i) => 1 / (i + 1) ** 1.3)
  const total = weights.reduce((sum, weight) => sum + weight, 0)

  function choose(random: Seeded): Plan {
    let left = random.next() * total
    for (const [i, one] of plans.entries()) {
      left -= weights[i] as number
      if (left <= 0) return one
    }
    return plans[0] as Plan
  }

  function happen(one: Plan, random: Seeded, at: number): Call {
    const load = Math.exp(0.1 * normal(random))
    const loads = services.map((_, i) => load * Math.exp((slopes[i] as number) * at + 0.05 * normal(random)))
    const call = (made: Plan): Call => ({
      service: services[made.service] as string,
      operation: made.operation,
      selfMs: made.delay(random) * (loads[made.service] as number),
      failed: false,
      children: made.children.flatMap(child =>
        Array.from({ length: child.times[0] + random.below(child.times[1] - child.times[0] + 1) }, () => call(child)),
      ),
    })
    return call(one)
  }

  return {
    normal: (random, at) => happen(choose(random), random, at),
    faulty(random, at, fault) {
      for (;;) {
        const trace = happen(choose(random), random, at)
        if (brought(trace, fault, random, services)) return trace
      }
    },
  }
}

/** A variant: some branches are left out. */
function pruned(whole: Plan, random: Seeded): Plan {
  return {
    ...whole,
    children: whole.children
      .filter(() => random.next() > 0.25)
      .map(child => (random.next() < 0.5 ? pruned(child, random) : child)),
  }
}

/** Makes a normal trace a faulty one; false: this trace cannot have that fault. */
function brought(trace: Call, fault: Fault, random: Seeded, services: readonly string[]): boolean {
  const all = callsOf(trace)
  switch (fault) {
    case 'slow': {
      // One service, in all of its calls: 2 to 20 times as slow, and noticed by who waits (by half of the whole time at least).
      const victim = random.pick(all).service
      const factor = 2 * 10 ** random.next()
      const wholeMs = inclusiveMs(trace)
      const hit = all.filter(({ service }) => service === victim)
      const added = hit.reduce((sum, { selfMs }) => sum + selfMs * (factor - 1), 0)
      if (added < 0.5 * wholeMs) return false
      for (const call of hit) call.selfMs *= factor
      return true
    }
    case 'cut': {
      // A call fails at once: nothing below it, nor after it in any caller, happens.
      const inner = all.filter(({ children }) => children.length > 0)
      if (inner.length === 0) return false
      const victim = random.pick(inner)
      const keep = random.below(victim.children.length)
      victim.children.length = keep
      for (let at: Call | null = victim; at !== null; ) {
        at.failed = true
        const below: Call = at
        at = all.find(({ children }) => children.includes(below)) ?? null
        if (at !== null) at.children.length = at.children.indexOf(below) + 1
      }
      return true
    }
    case 'extra': {
      const caller = random.pick(all)
      caller.children.splice(random.below(caller.children.length + 1), 0, {
        service: random.pick(services),
        operation: `op${random.below(9)}`,
        selfMs: 1 + 10 * random.next(),
        failed: false,
        children: [],
      })
      return true
    }
  }
}

/** All calls, callers first. */
export function callsOf(trace: Call): Call[] {
  const found = [trace]
  for (const call of found) found.push(...call.children)
  return found
}

/** With everything that it waited for: calls run one after the other, ms. */
export function inclusiveMs(call: Call): number {
  return call.children.reduce((sum, child) => sum + inclusiveMs(child), call.selfMs)
}
