import { type DeclaredNode, addDeclaration, declaredNode, templateParts, valueLikeLiterals } from './declared.ts'
import { type Step, describe } from './naming.ts'
import type { CallSigns, LeafId, PathTemplate, TemplateEdit, TemplateGroup } from './path-template.ts'
import type { Elsewhere } from './features.ts'
import { type Place, inferPlaces, textsOfPlaces } from './places.ts'
import { readSegment } from './segment.ts'
import { changedRows, restoreRows } from './trie-rows.ts'
import { PathTrie, type TrieLimits, type TrieNode, trieLimits } from './trie.ts'

/** What was worked out, and from how much. */
interface Inferred {
  readonly places: Place
  readonly names: ReadonlyMap<string, string>
  readonly size: number
  readonly calls: number
  readonly edited: number
}

/**
 * Learns the path templates of one service from its paths, all methods together: what is a variable for GET is one for DELETE. Templates
 * are worked out when they are read, from statistics kept by leaf, so every merge can be undone and the order of calls does not matter.
 * Use: `leaf = learn(path)` per call, statistics by (method, leaf), and regroup them by `templateOfLeaf` when `version` has changed.
 */
export class TemplateSet {
  readonly #trie: PathTrie
  readonly #edits: TemplateEdit[] = []
  #edited = 0
  /** What was inferred, and from how much; worked out again when something has come since. */
  #inferred: Inferred | null = null
  #byLeaf: Array<PathTemplate | undefined> | null = null
  #abroad: Elsewhere | null = null

  constructor(limits: Partial<TrieLimits> = {}) {
    this.#trie = new PathTrie({ ...trieLimits, ...limits })
  }

  /** Grows whenever a template may have changed: with every call and edit. Reading costs O(nodes) once after that, so read in batches. */
  get version(): number {
    return this.#trie.root.calls + this.#edited
  }

  /** Grows with every node and edit: while it stands, only how often they are called may change a template. */
  get shape(): number {
    return this.#trie.size + this.#edited
  }

  /** Words that found no room of their own: counted with the values of their place. */
  get overflowed(): number {
    return this.#trie.overflowed
  }

  /** Nodes held. */
  get size(): number {
    return this.#trie.size
  }

  /** Takes one call; `path` is canonical, without query. Returns the leaf that its statistics belong to. */
  learn(path: string, signs?: CallSigns): LeafId {
    return this.#trie.learn(path, signs)
  }

  /** The leaf that a path counts to; null when no call has come there. Learns nothing. */
  leafOf(path: string): LeafId | null {
    return this.#trie.find(path)
  }

  /** The template that this path counts to now, whether it was seen or not. */
  templateOf(path: string): PathTemplate {
    const { places, names } = this.#infer()
    const steps: Step[] = []
    let place = places
    const parts = templateParts(path)
    for (const [i, part] of parts.entries()) {
      const step = next(place, part)
      if (step === null) return describe(steps, names, parts.slice(i).map(unseen))
      steps.push(step)
      if (step.text === null && 'types' in step.place && (step.place.types as readonly string[]).includes('rest')) break
      place = step.place
    }
    return describe(steps, names)
  }

  /** The template that this leaf counts to now. */
  templateOfLeaf(leaf: LeafId): PathTemplate {
    return this.#templatesByLeaf()[leaf] ?? describe([], new Map())
  }

  /** Each text that is a value or a literal here, with the number of places. */
  texts(): ReturnType<typeof textsOfPlaces> {
    return textsOfPlaces(this.#infer().places)
  }

  /** What texts are in other sets that belong together with this one: of other hosts in one list. */
  hear(abroad: Elsewhere): void {
    this.#abroad = abroad
    this.#edited++
  }

  /** All templates seen or declared, with their leaves. */
  templates(): readonly TemplateGroup[] {
    const groups = new Map<string, { template: PathTemplate; leaves: LeafId[]; calls: number }>()
    for (const [leaf, template] of this.#templatesByLeaf().entries()) {
      // A leaf that was not read back has neither.
      if (template === undefined) continue
      const node = this.#trie.leaves[leaf] as TrieNode
      const group = groups.get(template.template)
      if (group === undefined) groups.set(template.template, { template, leaves: [leaf], calls: node.ends })
      else {
        group.leaves.push(leaf)
        group.calls += node.ends
      }
    }
    return [...groups.values()].map(({ template, leaves, calls }) => ({ ...template, leaves, calls }))
  }

  /** Says what a template is; operator > OpenAPI > inferred. Returns false when the text is no template. */
  declare(template: string, origin: 'operator' | 'openapi'): boolean {
    return template.startsWith('/') && this.#edit({ kind: 'declare', template, origin })
  }

  /** Keeps a template as it is now, whatever comes. */
  pin(template: string): boolean {
    return this.declare(template, 'operator')
  }

  /** Paths of several templates are one operation: `into` fits them all, with its own variables. */
  merge(into: string): boolean {
    return this.declare(into, 'operator')
  }

  /** One value of a variable becomes a literal of its own (`/users/me`), with whatever lies below it. */
  split(template: string, variable: string, value: string): boolean {
    return template.includes(`{${variable}}`) && this.#edit({ kind: 'split', template, variable, value })
  }

  /** Gives a variable a better name. */
  rename(template: string, variable: string, name: string): boolean {
    return (
      template.includes(`{${variable}}`) &&
      /^\w+$/.test(name) &&
      this.#edit({ kind: 'rename', template, variable, name })
    )
  }

  /** Takes back an edit; templates are then exactly what they would be without it. */
  undo(edit: TemplateEdit): boolean {
    const text = JSON.stringify(edit)
    const at = this.#edits.findLastIndex(one => JSON.stringify(one) === text)
    if (at === -1) return false
    this.#edits.splice(at, 1)
    this.#edited++
    return true
  }

  /** In the order given. */
  get edits(): readonly TemplateEdit[] {
    return this.#edits
  }

  /** Rows that changed since the last call: what was learnt, without the edits. Keys are numbers; null: the row is gone. */
  changes(): Iterable<readonly [key: string, value: string | null]> {
    return changedRows(this.#trie)
  }

  /** Into an empty set, before anything is learnt and before edits. Rows that do not read are skipped; returns how many. */
  restore(rows: Iterable<readonly [key: string, value: string]>): number {
    return restoreRows(this.#trie, rows)
  }

  #edit(edit: TemplateEdit): true {
    this.#edits.push(edit)
    for (const text of valueLikeLiterals(edit)) this.#trie.apart.add(text)
    this.#edited++
    return true
  }

  #infer(): Inferred {
    const { size } = this.#trie
    const { calls } = this.#trie.root
    const last = this.#inferred
    if (last === null || last.size !== size || last.edited !== this.#edited || last.calls !== calls) {
      const declared: DeclaredNode = declaredNode()
      const names = new Map<string, string>()
      for (const edit of this.#edits) {
        if (edit.kind === 'rename') names.set(upTo(edit.template, edit.variable), edit.name)
        else addDeclaration(declared, edit)
      }
      this.#inferred = {
        places: inferPlaces(this.#trie.root, declared, this.#abroad),
        size,
        calls,
        edited: this.#edited,
        names,
      }
      this.#byLeaf = null
      return this.#inferred
    }
    return last
  }

  #templatesByLeaf(): ReadonlyArray<PathTemplate | undefined> {
    const { places, names } = this.#infer()
    if (this.#byLeaf === null || this.#byLeaf.length < this.#trie.leaves.length) {
      const found: Array<PathTemplate | undefined> = []
      walk(places, [], (place, steps) => {
        const leaves = place.nodes.filter(node => node.leaf !== -1)
        if (leaves.length === 0) return
        const template = describe(steps, names)
        for (const node of leaves) found[node.leaf] = template
      })
      this.#byLeaf = found
    }
    return this.#byLeaf
  }
}

function walk(place: Place, steps: readonly Step[], visit: (place: Place, steps: readonly Step[]) => void): void {
  visit(place, steps)
  for (const [text, child] of place.literals) walk(child, [...steps, { place: child, text, suffix: '' }], visit)
  for (const [suffix, child] of place.variables) walk(child, [...steps, { place: child, text: null, suffix }], visit)
}

function next(place: Place, part: string): Step | null {
  const literal = place.literals.get(part)
  if (literal !== undefined) return { place: literal, text: part, suffix: '' }
  const { suffix, frame } = readSegment(part)
  if (frame !== '') {
    const framed = place.literals.get(frame)
    if (framed !== undefined) return { place: framed, text: frame, suffix: '' }
  }
  if (suffix.startsWith('.')) {
    const stem = `${part.slice(0, -suffix.length)}.{}`
    const offered = place.literals.get(stem)
    if (offered !== undefined) return { place: offered, text: stem, suffix: '' }
  }
  const own = place.variables.get(suffix)
  if (own !== undefined) return { place: own, text: null, suffix }
  // Names of files share one variable whatever their ending.
  const any = place.variables.get('')
  return any === undefined ? null : { place: any, text: null, suffix: '' }
}

/** A segment that was never seen where no variable is known. */
function unseen(part: string): string {
  const { shape, suffix, frame } = readSegment(part)
  return frame !== '' ? frame.replaceAll('{}', '{id}') : shape === null ? part : `{id}${suffix}`
}

/** `/users/{id}/x`, `id` → `/users/{}`. */
function upTo(template: string, variable: string): string {
  const end = template.indexOf(`{${variable}}`) + variable.length + 2
  const suffix = /^[.:][\w.-]+/.exec(template.slice(end))?.[0] ?? ''
  return template.slice(0, end).replaceAll(/\{[^{}]*\}/g, '{}') + suffix
}
