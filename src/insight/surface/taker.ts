import { templateSegments, type Segment } from '../../config/path-template.ts'
import type { RouteConfig } from '../../config/types.ts'

/** A kind of call: the path is a template, whose variables stand for values that no route names. */
export interface Call {
  /** Lower case, without port; '' when it is not known. */
  readonly host: string
  readonly method: string
  readonly template: string
  readonly headers: Readonly<Record<string, string>>
}

interface Place {
  readonly route: RouteConfig
  readonly segments: readonly Segment[]
}

/**
 * Which of the routes takes a call, chosen as the router of the gateway chooses: exact host, longer wildcard, any host; then the path, segment
 * by segment a literal before a variable before `**`; then more header fields; then stated methods.
 */
export class Takers {
  readonly #places: readonly Place[]

  constructor(routes: readonly RouteConfig[]) {
    this.#places = routes.map(route => ({ route, segments: templateSegments(route.match.path) }))
  }

  /** null: none takes it. */
  of(call: Call): RouteConfig | null {
    const path = segmentsOf(call.template)
    let best: RouteConfig | null = null
    let bestRank: string | null = null
    for (const { route, segments } of this.#places) {
      if (!methodFits(route.match.methods, call.method)) continue
      const host = hostRank(route.match.hosts, call.host)
      if (host === null || !covers(segments, path)) continue
      const headers = Object.entries(route.match.headers)
      if (!headers.every(([name, value]) => call.headers[name] === value)) continue
      const rank = `${host} ${pathRank(segments)} ${String(99 - headers.length).padStart(2, '0')} ${route.match.methods.length === 0 ? 1 : 0}`
      if (bestRank === null || rank < bestRank) {
        best = route
        bestRank = rank
      }
    }
    return best
  }

  /** Routes that some call of the path may be meant for, whatever its method and headers. */
  near(template: string): RouteConfig[] {
    const path = segmentsOf(template)
    return this.#places.filter(({ segments }) => overlap(segments, path)).map(({ route }) => route)
  }
}

/** Is there a request that both routes fit? Headers are not looked at. */
export function meet(a: RouteConfig, b: RouteConfig): boolean {
  return (
    hostsMeet(a.match.hosts, b.match.hosts) && overlap(templateSegments(a.match.path), templateSegments(b.match.path))
  )
}

/** Does every request of `inner` that `outer` fits too belong to `inner`, since its path says more? */
export function isInside(inner: RouteConfig, outer: RouteConfig): boolean {
  const [ours, theirs] = [templateSegments(inner.match.path), templateSegments(outer.match.path)]
  const hosts = outer.match.hosts.length === 0 || inner.match.hosts.every(host => outer.match.hosts.includes(host))
  const headers = Object.keys(outer.match.headers).length === 0
  return (
    headers &&
    hosts &&
    (outer.match.hosts.length === 0 || inner.match.hosts.length > 0) &&
    covers(theirs, ours) &&
    pathRank(ours) < pathRank(theirs)
  )
}

/** Methods that both serve; null: all. */
export function sharedMethods(a: readonly string[], b: readonly string[]): readonly string[] | null {
  if (a.length === 0) return b.length === 0 ? null : b
  return b.length === 0 ? a : a.filter(method => methodFits(b, method))
}

/** GET serves HEAD too. */
export function methodFits(methods: readonly string[], method: string): boolean {
  return methods.length === 0 || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))
}

export function hostsFit(hosts: readonly string[], host: string): boolean {
  return hostRank(hosts, host) !== null
}

/** Templates may have variables inside a segment (`{name}.json`): such a segment is one, as a router sees it. */
function segmentsOf(template: string): Segment[] {
  return template
    .slice(1)
    .split('/')
    .map(text => (text.includes('{') ? { kind: 'param', name: text } : { kind: 'literal', text }))
}

/** Does the route take every path of the template? A literal of the route is not met by a variable. */
function covers(route: readonly Segment[], path: readonly Segment[]): boolean {
  for (const [i, segment] of route.entries()) {
    if (segment.kind === 'rest') return true
    const other = path[i]
    if (other === undefined || other.kind === 'rest') return false
    if (segment.kind === 'literal' && (other.kind !== 'literal' || other.text !== segment.text)) return false
    if (segment.kind === 'param' && other.kind === 'literal' && other.text === '') return false
  }
  return route.length === path.length
}

/** Is there a path that both fit? */
function overlap(a: readonly Segment[], b: readonly Segment[]): boolean {
  for (let i = 0; ; i++) {
    const [ours, theirs] = [a[i], b[i]]
    if (ours?.kind === 'rest' || theirs?.kind === 'rest') return true
    if (ours === undefined || theirs === undefined) return ours === theirs
    if (ours.kind === 'literal' && theirs.kind === 'literal' && ours.text !== theirs.text) return false
  }
}

/** Smaller is more specific; null: another host. An unknown host is every host. */
function hostRank(hosts: readonly string[], host: string): string | null {
  if (hosts.length === 0) return 'c'
  if (host === '' || hosts.includes(host)) return 'a'
  let longest = 0
  for (const pattern of hosts) if (isWildcardOf(pattern, host)) longest = Math.max(longest, pattern.length)
  return longest === 0 ? null : `b${String(999 - longest).padStart(3, '0')}`
}

/** One label only, as the router reads it. */
function isWildcardOf(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return false
  const suffix = pattern.slice(1)
  return host.endsWith(suffix) && host.length > suffix.length && !host.slice(0, -suffix.length).includes('.')
}

function hostsMeet(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 0 || b.length === 0) return true
  return a.some(one => b.some(other => one === other || isWildcardOf(one, other) || isWildcardOf(other, one)))
}

/** A path that ends goes before one that goes on as `**`: a text that is the beginning of another is smaller. */
function pathRank(segments: readonly Segment[]): string {
  return segments.map(({ kind }) => ({ literal: 'a', param: 'b', rest: 'c' })[kind]).join('')
}
