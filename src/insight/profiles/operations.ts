import { createRedaction } from '../../events/redaction.ts'
import { TemplateSet } from '../templates/template-set.ts'
import { OperationProfile } from './operation-profile.ts'

/** Methods of one template and what is known of each. */
export interface PathProfile {
  readonly template: string
  /** Calls by all methods. */
  count: number
  readonly methods: Map<string, OperationProfile>
}

/** What a path is: the template with its profile, or how far it is like one. */
export interface Found {
  readonly template: string
  /** Segments that are variables, by their place. */
  readonly variables: ReadonlyMap<number, string>
  readonly profile: PathProfile | null
  /** Segments from the left that some learnt path has too, and the longest such beginning. */
  readonly known: number
  readonly beginning: string
}

const leavesMax = 8000
const fieldsMax = 24_000
const methodsMax = 32
const cacheMax = 4096
const segmentLengthMax = 96
const trieLimits = { nodesMax: 20_000, depthMax: 24 }
const method = /^[A-Z][A-Z-]{1,15}$/

/**
 * Profiles by operation. What is learnt is kept by the leaf that a path counted to, and merged by template when it is first asked for, so it does not matter
 * which paths came first. Bounded in leaves and fields; calls beyond count only for the whole.
 */
export class Operations {
  readonly #templates = new TemplateSet(trieLimits)
  readonly #rows = new Map<string, string>()
  /** `GET 12`: method and leaf. */
  readonly #leaves = new Map<string, OperationProfile>()
  readonly #methods = new Set<string>()
  #view: View | null = null
  #fields = 0
  count = 0
  /** Calls that found no room for a profile of their own. */
  overflowed = 0
  // Equal in every deployment, since models are: words in paths that are personal or secret stay unreadable, not secret from whoever guesses them.
  readonly #redaction = createRedaction(Buffer.alloc(32, 'portcullis paths of a model'))

  /** The profile that a call is learnt by; null when there is no room. */
  learn(written: string, path: string, status: number | null): OperationProfile | null {
    this.count++
    this.#view = null
    const leaf = this.#templates.learn(this.#safe(path), status === null ? undefined : { status })
    const key = `${this.#method(written)} ${leaf}`
    const known = this.#leaves.get(key)
    if (known !== undefined) return known
    if (this.#leaves.size >= leavesMax) {
      this.overflowed++
      return null
    }
    const made = new OperationProfile()
    this.#leaves.set(key, made)
    return made
  }

  /** Is there room for one field more? Counts it. */
  readonly room = (): boolean => {
    if (this.#fields >= fieldsMax) return false
    this.#fields++
    return true
  }

  /** The name by which a method is known: beyond 32 of them, or for what is none, it is `other`. */
  methodOf(written: string): string {
    return this.#methods.has(written) ? written : 'other'
  }

  find(path: string): Found {
    const view = this.#viewed()
    const known = view.found.get(path)
    if (known !== undefined) return known
    const safe = this.#safe(path)
    const { template, variables } = this.#templates.templateOf(safe)
    const profile = view.paths.get(template) ?? null
    const [length, beginning] = profile === null ? knownBeginning(template, view.beginnings) : [Infinity, template]
    const found: Found = {
      template,
      variables: new Map(variables.map(({ segment, name }) => [segment, name])),
      profile,
      known: length,
      beginning,
    }
    if (view.found.size >= cacheMax) view.found.clear()
    if (path.length < 512) view.found.set(path, found)
    return found
  }

  /** Templates learnt, and those that came once. */
  get templates(): { readonly count: number; readonly once: number } {
    const { paths, once } = this.#viewed()
    return { count: paths.size, once }
  }

  dump(): Readonly<Record<string, unknown>> {
    for (const [key, row] of this.#templates.changes()) {
      if (row === null) this.#rows.delete(key)
      else this.#rows.set(key, row)
    }
    return {
      count: this.count,
      templates: [...this.#rows].sort(([a], [b]) => Number(a) - Number(b)),
      leaves: [...this.#leaves].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, profile]) => [key, profile.dump()]),
      methods: [...this.#methods].sort(),
    }
  }

  /** Throws a RangeError on what is no dump. */
  static restore(dump: unknown): Operations {
    const { count, templates, leaves, methods } = (dump ?? {}) as Readonly<Record<string, unknown>>
    if (!Number.isSafeInteger(count) || !isRows(templates) || !Array.isArray(leaves) || !Array.isArray(methods))
      throw new RangeError('not the dump of operations')
    const operations = new Operations()
    operations.count = count as number
    for (const [key, row] of templates) operations.#rows.set(key, row)
    if (operations.#templates.restore(templates) > 0) throw new RangeError('the templates of the model do not read')
    for (const one of leaves as unknown[]) {
      const [key, profile] = Array.isArray(one) ? (one as unknown[]) : []
      if (typeof key !== 'string' || operations.#leaves.size >= leavesMax)
        throw new RangeError('not the dump of operations')
      const restored = OperationProfile.restore(profile)
      operations.#fields += restored.fields.size
      operations.#leaves.set(key, restored)
    }
    for (const one of methods as unknown[]) if (typeof one === 'string') operations.#methods.add(one)
    return operations
  }

  #method(written: string): string {
    if (this.#methods.has(written)) return written
    if (this.#methods.size >= methodsMax || !method.test(written)) return 'other'
    this.#methods.add(written)
    return written
  }

  #safe(path: string): string {
    return this.#redaction.path(path)
  }

  #viewed(): View {
    this.#view ??= viewOf(this.#templates, this.#leaves)
    return this.#view
  }
}

interface View {
  readonly paths: ReadonlyMap<string, PathProfile>
  readonly once: number
  /** Every beginning of a template. */
  readonly beginnings: ReadonlySet<string>
  readonly found: Map<string, Found>
}

function viewOf(templates: TemplateSet, leaves: ReadonlyMap<string, OperationProfile>): View {
  const byLeaf = new Map<number, Array<readonly [method: string, profile: OperationProfile]>>()
  for (const [key, profile] of leaves) {
    const split = key.lastIndexOf(' ')
    const leaf = Number(key.slice(split + 1))
    const list = byLeaf.get(leaf)
    if (list === undefined) byLeaf.set(leaf, [[key.slice(0, split), profile]])
    else list.push([key.slice(0, split), profile])
  }
  const paths = new Map<string, PathProfile>()
  const beginnings = new Set<string>()
  let once = 0
  for (const group of templates.templates()) {
    if (group.calls === 0) continue
    const path: PathProfile = { template: group.template, count: group.calls, methods: new Map() }
    if (group.calls === 1) once++
    const parts = new Map<string, OperationProfile[]>()
    for (const leaf of group.leaves) {
      for (const [name, profile] of byLeaf.get(leaf) ?? []) parts.set(name, [...(parts.get(name) ?? []), profile])
    }
    for (const [name, profiles] of parts) path.methods.set(name, merged(profiles))
    paths.set(group.template, path)
    for (let at = group.template.indexOf('/', 1); at > 0; at = group.template.indexOf('/', at + 1))
      beginnings.add(group.template.slice(0, at))
    beginnings.add(group.template)
  }
  return { paths, once, beginnings, found: new Map() }
}

function merged(profiles: readonly OperationProfile[]): OperationProfile {
  const [only] = profiles
  if (profiles.length === 1 && only !== undefined) return only
  const whole = new OperationProfile()
  for (const profile of profiles) whole.merge(profile)
  return whole
}

/** How many segments of a path some learnt path begins with, and that beginning. */
function knownBeginning(template: string, beginnings: ReadonlySet<string>): [segments: number, beginning: string] {
  let segments = 0
  let beginning = ''
  for (let at = template.indexOf('/', 1); ; at = template.indexOf('/', at + 1)) {
    const upTo = at < 0 ? template : template.slice(0, at)
    if (!beginnings.has(upTo)) break
    segments++
    beginning = upTo
    if (at < 0 || segments >= segmentLengthMax) break
  }
  return [segments, beginning]
}

function isRows(value: unknown): value is readonly (readonly [string, string])[] {
  return (
    Array.isArray(value) &&
    value.every(row => Array.isArray(row) && typeof row[0] === 'string' && typeof row[1] === 'string')
  )
}
