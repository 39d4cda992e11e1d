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
  readonly #documents: OpenApiDocument[] = []
  #byShape: ReadonlyMap<string, Declaration> = new Map()
  #paths: PathNode = pathNode()

  get documents(): readonly OpenApiDocument[] {
    return this.#documents
  }

  /** All of them, in the order of the documents. */
  all(): readonly Declaration[] {
    return [...this.#byShape.values()]
  }

  add(document: OpenApiDocument): void {
    this.#documents.push(document)
  }

  /** Is there an operation for this call? O(segments), mostly. */
  fits(method: string, path: string): boolean {
    return fits(this.#paths, path.split('/'), 0, method)
  }

  find(method: string, template: string): Declaration | null {
    return this.#byShape.get(`${method} ${shapeOf(template)}`) ?? null
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
