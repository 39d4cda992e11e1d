/** One span of a trace, whoever made it: our own data plane, OTLP, a file (docs/formats.md). */
export interface Span {
  /** 32 hex digits where the source has W3C ids, else the source's own id; never empty. */
  readonly traceId: string
  readonly spanId: string
  /** null at the root. */
  readonly parentId: string | null
  readonly service: string
  /** `GET /orders/{id}`, an RPC method, a query: as the tracer named it. */
  readonly name: string
  readonly kind: 'server' | 'client' | 'internal' | 'producer' | 'consumer' | 'unspecified'
  /** Unix time, µs (integer; below 2^53). */
  readonly startUs: number
  /** µs, never negative. */
  readonly durationUs: number
  readonly error: boolean
  /** The source does not say whether it failed; `error` is false then. */
  readonly silent?: boolean
  /** Pod, workload and the like (`k8s.pod.name`, `service.namespace` …), and the few attributes on the kept list. */
  readonly resource: Readonly<Record<string, string>>
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}
