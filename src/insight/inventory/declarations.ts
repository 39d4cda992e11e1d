import type { DeclaredOperation, OpenApiDocument } from './openapi/document.ts'

/** A declared operation at the path where this gateway meets it. */
export interface Declaration {
  readonly operation: DeclaredOperation
  readonly document: OpenApiDocument
  /** `/api/v2/pets/{petId}`. */
  readonly template: string
}

/** The documents of one service, at their place in its paths. */
export class Declarations {
  #documents: readonly OpenApiDocument[] = []
  #byShape: ReadonlyMap<string, Declaration> = new Map()
  #paths: PathNode = pathNode()
  /** Those with a variable that is only a part of a segment; `parts`: what each segment must look like. */
  #partial: ReadonlyArray<{ readonly declaration: Declaration; readonly parts: readonly Part[] }> = []

  get documents(): readonly OpenApiDocument[] {
    return this.#documents
  }

  /** All of them, in the order of the documents. */
  all(): readonly Declaration[] {
    return [...this.#byShape.values()]
  }

  add(document: OpenApiDocument): void {
    this.#documents = [...this.#documents, document]
  }

  remove(documents: ReadonlySet<OpenApiDocument>): void {
    this.#documents = this.#documents.filter(document => !documents.has(document))
  }

  /** Is there an operation for this call? O(segments), mostly. */
  fits(method: string, path: string): boolean {
    return fits(this.#paths, path.split('/'), 0, method)
  }

  find(method: string, template: string): Declaration | null {
    return this.#byShape.get(`${method} ${shapeOf(template)}`) ?? this.#findPartial(method, template)
  }

  /** Variables that are a part of a segment (`/reports/{day}_{kind}.csv`) are inferred as a whole one, or as many words. */
  #findPartial(method: string, template: string): Declaration | null {
    if (this.#partial.length === 0) return null
    const segments = template.split('/')
    const found = this.#partial.find(
      ({ declaration, parts }) => declaration.operation.method === method && mayBe(segments, parts),
    )
    return found?.declaration ?? null
  }

  /**
   * Finds where each document stands: below the path of one of its servers, or what the gateway's routes strip, or both; the place under which
   * most of its operations are met (`seen`: `METHOD template` as they stand now), else the first.
   */
  settle(prefixes: readonly string[], seen: ReadonlyArray<readonly [method: string, template: string]>): void {
    const known = new Map<string, string[][]>()
    for (const [method, template] of seen) {
      const segments = template.split('/')
      const key = `${method} ${segments.length}`
      const list = known.get(key)
      if (list === undefined) known.set(key, [segments])
      else list.push(segments)
    }
    const isMet = ({ operation, template }: Declaration): boolean => {
      const segments = template.split('/')
      return known.get(`${operation.method} ${segments.length}`)?.some(other => covers(segments, other)) ?? false
    }
    const byShape = new Map<string, Declaration>()
    for (const document of this.#documents) {
      let best: { readonly declarations: readonly Declaration[]; readonly met: number } = { declarations: [], met: -1 }
      for (const place of placesOf(document, prefixes)) {
        const declarations = document.operations.map(operation => ({ operation, document, template: place(operation) }))
        const met = declarations.filter(isMet).length
        if (met > best.met) best = { declarations, met }
      }
      for (const declaration of best.declarations) {
        const key = `${declaration.operation.method} ${shapeOf(declaration.template)}`
        if (!byShape.has(key)) byShape.set(key, declaration)
      }
    }
    this.#byShape = byShape
    this.#paths = pathNode()
    for (const { operation, template } of byShape.values()) insert(this.#paths, template, operation.method)
    this.#partial = [...byShape.values()]
      .filter(({ template }) => template.split('/').some(isPartial))
      .slice(0, partialMax)
      .map(declaration => ({ declaration, parts: declaration.template.split('/').map(partOf) }))
  }
}

/** The declared paths as a tree. */
interface PathNode {
  readonly words: Map<string, PathNode>
  variable: PathNode | null
  readonly methods: Set<string>
}

function pathNode(): PathNode {
  return { words: new Map(), variable: null, methods: new Set() }
}

function insert(root: PathNode, template: string, method: string): void {
  let at = root
  for (const segment of template.split('/')) {
    if (segment.includes('{')) at = at.variable ??= pathNode()
    else {
      let next = at.words.get(segment)
      if (next === undefined) at.words.set(segment, (next = pathNode()))
      at = next
    }
  }
  at.methods.add(method)
}

/** A word before a variable, with a way back: `/a/{x}/b` and `/a/c/d` may both be declared. */
function fits(at: PathNode, segments: readonly string[], from: number, method: string): boolean {
  const segment = segments[from]
  if (segment === undefined) return at.methods.has(method)
  const word = at.words.get(segment)
  if (word !== undefined && fits(word, segments, from + 1, method)) return true
  return at.variable !== null && segment !== '' && fits(at.variable, segments, from + 1, method)
}

const partialMax = 200

/** What one segment of a declared path must look like. */
interface Part {
  readonly text: string
  /** null: the text alone. */
  readonly form: RegExp | null
  /** What stands behind its last variable. */
  readonly suffix: string
}

function isPartial(segment: string): boolean {
  return segment.includes('{') && !/^\{[^{}]*\}$/.test(segment)
}

function partOf(segment: string): Part {
  if (!segment.includes('{')) return { text: segment, form: null, suffix: '' }
  const pieces = segment.split(/\{[^{}]*\}/).map(piece => piece.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  // With more variables than that, the time to tell them apart would be the document's choice.
  if (pieces.length > 4) return { text: segment, form: null, suffix: '' }
  return { text: segment, form: new RegExp(`^${pieces.join('[^/]{1,200}?')}$`), suffix: suffixOf(segment) }
}

function suffixOf(segment: string): string {
  return segment.slice(segment.lastIndexOf('}') + 1)
}

/** May an inferred template be one of these paths? */
function mayBe(segments: readonly string[], parts: readonly Part[]): boolean {
  return (
    segments.length === parts.length &&
    parts.every(({ text, form, suffix }, i) => {
      const segment = segments[i] as string
      if (form === null) return segment === text
      if (!segment.includes('{')) return segment.length <= 200 && form.test(segment)
      const own = suffixOf(segment)
      return own.endsWith(suffix) || suffix.endsWith(own)
    })
  )
}

/** The template without the names of its variables. */
export function shapeOf(template: string): string {
  return template.replace(/\{[^{}/]*\}/g, '{}')
}

/** Does a template fit all that the other one fits? */
function covers(template: readonly string[], other: readonly string[]): boolean {
  return template.every((segment, i) => segment === other[i] || (segment.startsWith('{') && segment.endsWith('}')))
}

const placesMax = 40

/** Ways from an operation of the document to its path here, the likeliest first. */
function placesOf(
  document: OpenApiDocument,
  prefixes: readonly string[],
): Array<(operation: DeclaredOperation) => string> {
  const bases = Math.max(1, ...document.operations.map(operation => operation.templates.length))
  const places: Array<(operation: DeclaredOperation) => string> = []
  for (const prefix of [...prefixes, ''])
    for (let i = 0; i < bases; i++)
      places.push(
        operation => prefix + (operation.templates[Math.min(i, operation.templates.length - 1)] ?? operation.path),
      )
  return places.slice(0, placesMax)
}
