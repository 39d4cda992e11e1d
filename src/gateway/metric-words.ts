import type { UpstreamErrorKind } from '../events/metrics/layout.ts'

const upstreams: Readonly<Record<string, UpstreamErrorKind>> = {
  unreachable: 'connect',
  timeout: 'timeout',
  closed: 'reset',
  overloaded: 'busy',
  malformed: 'malformed',
}

/** The metric's word for a failure toward a service. */
export function upstreamErrorKind(kind: string): UpstreamErrorKind {
  return upstreams[kind] ?? 'other'
}
