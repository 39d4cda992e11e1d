// Hot path: `take` once per event.
import type { ExchangeRecord } from '../model/exchange.ts'
import type { CallSigns, LeafId, PathTemplate, TemplateEdit } from '../templates/path-template.ts'
import { TemplateSet } from '../templates/template-set.ts'
import type { CallerShare } from './callers.ts'
import { type Declarations, shapeOf } from './declarations.ts'
import { LearnedShapes, type ShapeRoom } from './learned-shapes.ts'
import { LeafUse, type Weighed } from './leaf-use.ts'
import { Tally } from './tally.ts'
import { TargetUse } from './target-use.ts'

/** One method on one leaf of the paths. */
export interface Entry {
  readonly method: string
  readonly leaf: LeafId
  readonly use: LeafUse
  /** null: it does not learn, for want of room. */
  shapes: LearnedShapes | null
  /** The next method of this leaf. */
  next: Entry | null
  /** Changed since it was last written down (rows) / its shapes too. */
  changed: boolean
  taught: boolean
}

/** All entries that are one operation now. */
export interface EntryGroup {
  readonly method: string
  readonly template: PathTemplate
  readonly entries: readonly Entry[]
}

/** Room that all services share. */
export interface Room extends CallerShare, ShapeRoom {
  /** Entries, and entries with shapes, that may still be made. */
  leavesLeft: number
  shapesLeft: number
}

/** Leaves that differ in one segment, and learn shapes. */
const shapedMax = 64

/** What was counted of one service. */
export class ServiceUse {
  readonly name: string
  readonly templates = new TemplateSet()
  readonly targets = new TargetUse()
  /** Calls that belong to no operation, by status: paths that nothing answers (scanners), methods that are not there. */
  readonly aside = new Tally(64)
  /** Calls for which there was no room. */
  overflow = 0
  readonly #room: Room
  /** By method, in the order in which they were made. */
  readonly #entries = new Map<string, Map<LeafId, Entry>>()
  /** The same by leaf, the first method of each. */
  readonly #byLeaf: Array<Entry | undefined> = []
  /** Changed since it was last written down (rows). */
  changed = false
  /** Their operations are there also before they were answered. */
  #declared: Declarations | null = null
  /** Templates told to `templates` from documents. */
  #openapi: ReadonlySet<string> = new Set()
  #told: ReadonlySet<string> = new Set()
  /** Entries with shapes, by method and path with one segment left open. */
  readonly #shaped = new Map<string, number>()

  constructor(name: string, room: Room) {
    this.name = name
    this.#room = room
  }

  /**
   * Puts the documents of the service where their operations are met, and makes its templates theirs. `told`: routes that the service named in
   * its spans, below the first of `prefixes` that the gateway strips.
   */
  settle(declarations: Declarations | null, told: readonly string[], prefixes: readonly string[]): void {
    if (declarations !== null) {
      const seen = this.groups().map(({ method, template }) => [method, template.template] as const)
      declarations.settle(prefixes, seen)
    }
    const declared = declarations?.all().map(({ template }) => template) ?? []
    const shapes = new Set(declared.map(shapeOf))
    const routes = told
      .map(template => (prefixes[0] ?? '') + template)
      .filter(template => !shapes.has(shapeOf(template)))
    const wanted = new Set([...declared, ...routes])
    for (const template of this.#openapi)
      if (!wanted.has(template)) this.templates.undo({ kind: 'declare', template, origin: 'openapi' })
    for (const template of wanted) if (!this.#openapi.has(template)) this.templates.declare(template, 'openapi')
    this.#openapi = wanted
    this.#told = new Set(routes)
    this.#declared = declarations
  }

  /** Is this template one that the service named in its spans? */
  isTold(template: string): boolean {
    return this.#told.has(template)
  }

  /** Carries an operator's edit out; says why not, '' when it holds. */
  apply(edit: TemplateEdit): string {
    const { templates } = this
    switch (edit.kind) {
      case 'declare':
        return templates.declare(edit.template, edit.origin) ? '' : `${edit.template} is no template`
      case 'split':
        return templates.split(edit.template, edit.variable, edit.value)
          ? ''
          : `${edit.template} has no variable ${edit.variable}`
      case 'rename':
        return templates.rename(edit.template, edit.variable, edit.name)
          ? ''
          : `${edit.template} has no variable ${edit.variable}, or ${edit.name} is no name`
    }
  }

  /** The entry that the call counted to; null: it was counted aside. */
  take(weighed: Weighed): Entry | null {
    const { event } = weighed.record
    const entry =
      weighed.answered || this.#declared?.fits(event.method, event.path) === true
        ? this.#born(weighed)
        : this.#known(weighed)
    if (entry === null) {
      this.aside.add(String(event.status))
      return null
    }
    entry.use.add(weighed)
    if (weighed.reached) entry.shapes?.add(event, weighed.record.observation, weighed.answered)
    return entry
  }

  /** Operations as the templates stand now, in the order of their leaves. */
  groups(): EntryGroup[] {
    const groups = new Map<string, { method: string; template: PathTemplate; entries: Entry[] }>()
    for (const [method, leaves] of this.#entries)
      for (const entry of leaves.values()) {
        const template = this.templates.templateOfLeaf(entry.leaf)
        const key = `${method} ${template.template}`
        const group = groups.get(key)
        if (group === undefined) groups.set(key, { method, template, entries: [entry] })
        else group.entries.push(entry)
      }
    for (const { entries } of groups.values()) entries.sort((a, b) => a.leaf - b.leaf)
    return [...groups.values()]
  }

  *entries(): Iterable<Entry> {
    for (const leaves of this.#entries.values()) yield* leaves.values()
  }

  find(method: string, leaf: LeafId): Entry | null {
    let entry = this.#byLeaf[leaf] ?? null
    while (entry !== null && entry.method !== method) entry = entry.next
    return entry
  }

  /** The entry, made when there is room; `null`: there is none. */
  entry(method: string, leaf: LeafId): Entry | null {
    const known = this.find(method, leaf)
    if (known !== null) return known
    if (this.#room.leavesLeft <= 0) return null
    this.#room.leavesLeft--
    const use = new LeafUse(this.#room)
    const next = this.#byLeaf[leaf] ?? null
    const entry: Entry = { method, leaf, use, shapes: null, next, changed: false, taught: false }
    this.#byLeaf[leaf] = entry
    const leaves = this.#entries.get(method)
    if (leaves === undefined) this.#entries.set(method, new Map([[leaf, entry]]))
    else leaves.set(leaf, entry)
    return entry
  }

  /** Lets an entry learn shapes when there is room for that too. */
  learn(entry: Entry): LearnedShapes | null {
    if (entry.shapes === null && this.#room.shapesLeft > 0) {
      this.#room.shapesLeft--
      entry.shapes = new LearnedShapes(this.#room)
    }
    return entry.shapes
  }

  #born({ record }: Weighed): Entry | null {
    const { event } = record
    const leaf = this.templates.learn(event.path, signsOf(record))
    const known = this.find(event.method, leaf)
    if (known !== null) return known
    const entry = this.entry(event.method, leaf)
    if (entry === null) this.overflow++
    else if (this.#mayLearn(event.method, event.path)) this.learn(entry)
    return entry
  }

  /**
   * Leaves that differ in one segment only mostly are one operation, which need not learn the same thing over and over; the others only count.
   * It is told from the paths, not from the templates, so that it does not matter when templates are joined.
   */
  #mayLearn(method: string, path: string): boolean {
    const segments = path.split('/')
    const siblings = segments.map((_, i) => `${method} ${segments.with(i, '*').join('/')}`)
    if (siblings.some(key => (this.#shaped.get(key) ?? 0) >= shapedMax)) return false
    for (const key of siblings) this.#shaped.set(key, (this.#shaped.get(key) ?? 0) + 1)
    return true
  }

  /** A call that was not answered makes no operation and teaches no template; it counts to one that is there. */
  #known({ record }: Weighed): Entry | null {
    const leaf = this.templates.leafOf(record.event.path)
    return leaf === null ? null : this.find(record.event.method, leaf)
  }
}

/** Values of one variable are answered alike; these are the signs of it. */
function signsOf({ event, observation }: ExchangeRecord): CallSigns {
  const shape = observation?.response?.shape
  if (shape === undefined || shape === null || shape.kind !== 'object') return { status: event.status }
  return { status: event.status, keys: Object.keys(shape.fields).sort().join(',') }
}
