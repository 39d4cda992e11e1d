// Hot path: once per request.

/** What a route asks of a request. */
export interface RoutePattern<T> {
  /** Lower case; `*.example.com` matches exactly one label more; empty = any host. */
  readonly hosts: readonly string[]
  /** Canonical template: `/orders/{id}`, a last `**` takes any rest, also none. */
  readonly path: string
  /** Upper case; empty = any. */
  readonly methods: readonly string[]
  /** Lower-case name → exact value. */
  readonly headers: Readonly<Record<string, string>>
  readonly value: T
}

export interface Matched<T> {
  readonly value: T
  readonly params: Readonly<Record<string, string>> | null
}

/** No route: either nobody knows the path, or these methods are known there. */
export interface Unmatched {
  readonly allow: readonly string[]
}

interface Terminal<T> {
  readonly methods: ReadonlySet<string> | null
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly names: readonly string[]
  readonly value: T
}

interface Node<T> {
  readonly literals: Map<string, Node<T>>
  variable: Node<T> | null
  /** Routes that end exactly here. */
  ends: Terminal<T>[]
  /** Routes that take any rest from here. */
  rests: Terminal<T>[]
}

type Header = (name: string) => string | undefined

/**
 * Finds the route of a request. The most specific wins: exact host, then the longer wildcard suffix, then any host; within a host,
 * segment by segment a literal before a variable before `**`; at the same place more header matches first, then a stated method.
 * A route whose method or headers do not fit leaves the request to the next most specific one.
 */
export class Router<T> {
  readonly #exact = new Map<string, Node<T>>()
  /** Suffixes such as `.example.com`, longest first. */
  readonly #wildcards: Array<readonly [suffix: string, root: Node<T>]> = []
  readonly #any: Node<T> = node()

  /** Adds one route; all routes are added before the first look-up, then `seal`. */
  add(pattern: RoutePattern<T>): void {
    if (pattern.hosts.length === 0) insert(this.#any, pattern)
    for (const host of pattern.hosts) {
      if (!host.startsWith('*.')) {
        let root = this.#exact.get(host)
        if (root === undefined) this.#exact.set(host, (root = node()))
        insert(root, pattern)
        continue
      }
      const suffix = host.slice(1)
      let entry = this.#wildcards.find(([known]) => known === suffix)
      if (entry === undefined) this.#wildcards.push((entry = [suffix, node()]))
      insert(entry[1], pattern)
    }
  }

  seal(): this {
    this.#wildcards.sort((a, b) => b[0].length - a[0].length)
    return this
  }

  match(host: string, method: string, path: string, header: Header): Matched<T> | Unmatched {
    const allow: string[] = []
    const exact = this.#exact.get(host)
    if (exact !== undefined) {
      const found = walk(exact, path, 1, method, header, [], allow)
      if (found !== null) return found
    }
    for (const [suffix, root] of this.#wildcards) {
      // One label only, as in certificates (RFC 6125 §6.4.3): `*.example.com` is not `a.b.example.com`.
      if (
        !host.endsWith(suffix) ||
        host.length === suffix.length ||
        host.lastIndexOf('.', host.length - suffix.length - 1) >= 0
      )
        continue
      const found = walk(root, path, 1, method, header, [], allow)
      if (found !== null) return found
    }
    return walk(this.#any, path, 1, method, header, [], allow) ?? { allow }
  }
}

function node<T>(): Node<T> {
  return { literals: new Map(), variable: null, ends: [], rests: [] }
}

function insert<T>(root: Node<T>, pattern: RoutePattern<T>): void {
  const segments = pattern.path.slice(1).split('/')
  const names: string[] = []
  const rest = segments.at(-1) === '**'
  if (rest) segments.pop()
  let at = root
  for (const segment of segments) {
    if (segment.startsWith('{') && segment.endsWith('}')) {
      names.push(segment.slice(1, -1))
      at.variable ??= node()
      at = at.variable
      continue
    }
    let next = at.literals.get(segment)
    if (next === undefined) at.literals.set(segment, (next = node()))
    at = next
  }
  const methods = pattern.methods.length === 0 ? null : new Set(pattern.methods)
  if (methods?.has('GET')) methods.add('HEAD')
  const terminal: Terminal<T> = { methods, headers: Object.entries(pattern.headers), names, value: pattern.value }
  const list = rest ? at.rests : at.ends
  list.push(terminal)
  list.sort((a, b) => b.headers.length - a.headers.length || Number(a.methods === null) - Number(b.methods === null))
}

/** Depth first, most specific first; backtracks, so `/a/{x}/b` and `/a/c/**` live together. */
function walk<T>(
  at: Node<T>,
  path: string,
  from: number,
  method: string,
  header: Header,
  values: string[],
  allow: string[],
): Matched<T> | null {
  if (from > path.length)
    return choose(at.ends, method, header, values, allow) ?? choose(at.rests, method, header, values, allow)
  const slash = path.indexOf('/', from)
  const end = slash < 0 ? path.length : slash
  const segment = path.slice(from, end)
  const literal = at.literals.get(segment)
  if (literal !== undefined) {
    const found = walk(literal, path, end + 1, method, header, values, allow)
    if (found !== null) return found
  }
  if (at.variable !== null && segment !== '') {
    values.push(segment)
    const found = walk(at.variable, path, end + 1, method, header, values, allow)
    if (found !== null) return found
    values.pop()
  }
  return at.rests.length === 0 ? null : choose(at.rests, method, header, values, allow)
}

function choose<T>(
  terminals: readonly Terminal<T>[],
  method: string,
  header: Header,
  values: readonly string[],
  allow: string[],
): Matched<T> | null {
  for (const terminal of terminals) {
    if (!terminal.headers.every(([name, value]) => header(name) === value)) continue
    if (terminal.methods !== null && !terminal.methods.has(method)) {
      for (const known of terminal.methods) if (!allow.includes(known)) allow.push(known)
      continue
    }
    return { value: terminal.value, params: terminal.names.length === 0 ? null : named(terminal.names, values) }
  }
  return null
}

function named(names: readonly string[], values: readonly string[]): Record<string, string> {
  const params: Record<string, string> = Object.create(null)
  for (let i = 0; i < names.length; i++) params[names[i] as string] = values[i] as string
  return params
}
