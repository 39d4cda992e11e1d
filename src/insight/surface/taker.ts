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
  /** Smaller is more specific. */
  readonly pathRank: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
}

interface Node {
  readonly literals: Map<string, Node>
  variable: Node | null
  /** Routes that end here, and those that take any rest from here. */
  readonly ends: Place[]
  readonly rests: Place[]
}

/**
 * Which of the routes takes a call, chosen as the router of the gateway chooses: exact host, longer wildcard, any host; then the path, segment
 * by segment a literal before a variable before `**`; then more header fields; then stated methods.
 */
export class Takers {
  readonly #root: Node = emptyNode()

  constructor(routes: readonly RouteConfig[]) {
    for (const route of routes) {
      const segments = templateSegments(route.match.path)
      const place = { route, pathRank: pathRank(segments), headers: Object.entries(route.match.headers) }
      let node = this.#root
      for (const segment of segments) {
        if (segment.kind === 'rest') break
        if (segment.kind === 'param') node = node.variable ??= emptyNode()
        else {
          let next = node.literals.get(segment.text)
          if (next === undefined) node.literals.set(segment.text, (next = emptyNode()))
          node = next
        }
      }
      ;(segments.at(-1)?.kind === 'rest' ? node.rests : node.ends).push(place)
    }
  }

  /** null: none takes it. */
  of({ host, method, template, headers }: Call): RouteConfig | null {
    const found: Place[] = []
    covering(this.#root, segmentsOf(template), 0, found)
    let best: Place | null = null
    let bestHost = ''
    for (const place of found) {
      const { match } = place.route
      if (!methodFits(match.methods, method)) continue
      const rank = hostRank(match.hosts, host)
      if (rank === null || !place.headers.every(([name, value]) => headers[name] === value)) continue
      if (best !== null && (rank > bestHost || (rank === bestHost && !goesBefore(place, best)))) continue
      best = place
      bestHost = rank
    }
    return best?.route ?? null
  }

  /** Routes that some call of the path may be meant for, whatever its method and headers; the path may end in `**`. */
  near(template: string): RouteConfig[] {
    const found: Place[] = []
    overlapping(this.#root, template.endsWith('/**') ? templateSegments(template) : segmentsOf(template), 0, found)
    return found.map(({ route }) => route)
  }
}

function emptyNode(): Node {
  return { literals: new Map(), variable: null, ends: [], rests: [] }
}

function goesBefore(a: Place, b: Place): boolean {
  if (a.pathRank !== b.pathRank) return a.pathRank < b.pathRank
  if (a.headers.length !== b.headers.length) return a.headers.length > b.headers.length
  return a.route.match.methods.length > 0 && b.route.match.methods.length === 0
}

/** Routes that take every path of the template: a literal of a route is not met by a variable. */
function covering(node: Node, path: readonly Segment[], at: number, found: Place[]): void {
  found.push(...node.rests)
  const segment = path[at]
  if (segment === undefined) {
    found.push(...node.ends)
    return
  }
  if (segment.kind === 'literal') {
    const next = node.literals.get(segment.text)
    if (next !== undefined) covering(next, path, at + 1, found)
    if (segment.text === '') return
  }
  if (node.variable !== null) covering(node.variable, path, at + 1, found)
}

/** Routes that take some path of the template. */
function overlapping(node: Node, path: readonly Segment[], at: number, found: Place[]): void {
  const segment = path[at]
  if (segment?.kind === 'rest') {
    below(node, found)
    return
  }
  found.push(...node.rests)
  if (segment === undefined) {
    found.push(...node.ends)
    return
  }
  if (segment.kind === 'literal') {
    const next = node.literals.get(segment.text)
    if (next !== undefined) overlapping(next, path, at + 1, found)
  } else for (const next of node.literals.values()) overlapping(next, path, at + 1, found)
  if (node.variable !== null) overlapping(node.variable, path, at + 1, found)
}

function below(node: Node, found: Place[]): void {
  found.push(...node.rests, ...node.ends)
  for (const next of node.literals.values()) below(next, found)
  if (node.variable !== null) below(node.variable, found)
}

/** Is there a host that both routes serve? */
export function hostsMeet({ match: a }: RouteConfig, { match: b }: RouteConfig): boolean {
  if (a.hosts.length === 0 || b.hosts.length === 0) return true
  return a.hosts.some(one =>
    b.hosts.some(other => one === other || isWildcardOf(one, other) || isWildcardOf(other, one)),
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

/** A path that ends goes before one that goes on as `**`: a text that is the beginning of another is smaller. */
function pathRank(segments: readonly Segment[]): string {
  return segments.map(({ kind }) => ({ literal: 'a', param: 'b', rest: 'c' })[kind]).join('')
}
