import type { Target } from '../../../config/types.ts'

/** Who reaches a target of a service without the gateway. */
export interface Reachability {
  readonly service: string
  readonly target: string
  /** `open`: whoever has a way there. `limited`: those in `sources`. `closed`: nobody. `unknown`: no file speaks of it. */
  readonly reach: 'open' | 'limited' | 'closed' | 'unknown'
  /** What keeps the others out; null when nothing does. */
  readonly by: 'network' | 'sidecar' | null
  readonly sources: readonly string[]
  readonly evidence: readonly string[]
}

/** What one source of knowledge says of a target. */
export type Opinion = Omit<Reachability, 'service' | 'target'>

/** Looks at a target; null: it knows nothing of it. */
export type Observer = (target: Target) => Opinion | null

const order = ['closed', 'limited', 'open'] as const

/** All must be passed, so the strictest decides. */
export function strictest(opinions: readonly Opinion[]): Opinion {
  const known = opinions.filter(({ reach }) => reach !== 'unknown')
  const [best] = known.toSorted(
    (a, b) => order.indexOf(a.reach as (typeof order)[number]) - order.indexOf(b.reach as (typeof order)[number]),
  )
  const evidence = opinions.flatMap(one => one.evidence)
  if (best === undefined) return { reach: 'unknown', by: null, sources: [], evidence }
  return { ...best, evidence }
}

/** From another machine nobody comes to loopback or to a Unix socket. */
export function localOnly({ address, url }: Target): Opinion | null {
  const local =
    address.kind === 'unix' || address.host === 'localhost' || address.host === '::1' || address.host.startsWith('127.')
  if (!local) return null
  return {
    reach: 'limited',
    by: 'network',
    sources: ['programs on the machine of the gateway'],
    evidence: [`${url} is local to its machine`],
  }
}
