import type { CidrSet } from '../lib/cidr-set.ts'
import type { FieldNames } from '../net/h1/field-names.ts'
import type { ServicePool } from '../upstream/service-pool.ts'
import type { Chain } from './pipeline.ts'
import type { Router } from './router.ts'

/** What a route's requests are forwarded to. */
export interface CompiledService {
  readonly name: string
  readonly pool: ServicePool
  /** Host toward the origin: null = as the client sent it, '' = the target's authority, else that name. */
  readonly host: string | null
}

export interface CompiledRoute {
  readonly chain: Chain
  readonly service: CompiledService
  /** Literal prefix that is taken off before forwarding; ''. */
  readonly stripPrefix: string
  /** Its own template holds a `;`, so whoever wrote it knows how the service reads that. */
  readonly writesParameters: boolean
  /** Most bytes of a streamed body. */
  readonly bodyMax: number
  /** Insight learns from its exchanges. */
  readonly learn: boolean
  /** What becomes of a trace that the caller began. */
  readonly trace: 'trusted' | 'continued' | 'restarted'
}

/** One compiled, immutable, versioned configuration as a worker holds it. */
export interface Snapshot {
  readonly version: number
  readonly router: Router<CompiledRoute>
  readonly names: FieldNames
  /** Proxies whose word on the client's address counts; null when there are none. */
  readonly trustedProxies: CidrSet | null
  /** Exchanges that still run on it. */
  open: number
  retired: boolean
  /** Closes policies and releases kept things; called once, after the last exchange. */
  close(): void
}
