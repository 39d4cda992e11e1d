/** Finds the template of a path among those of one service; null: none fits. */
export type TemplateMatcher = (method: string, path: string) => string | null

interface Node {
  readonly words: Map<string, Node>
  variable: Node | null
  /** By method. */
  readonly templates: Map<string, string>
}

/** `shapes`: `METHOD /orders/{id}`. A word that is written out outweighs a variable, as in OpenAPI. */
export function createTemplateMatcher(shapes: Iterable<string>): TemplateMatcher {
  const root = node()
  for (const shape of shapes) {
    const space = shape.indexOf(' ')
    const template = shape.slice(space + 1)
    let at = root
    for (const part of template.split('/').slice(1)) {
      if (part.includes('{')) at = at.variable ??= node()
      else {
        let next = at.words.get(part)
        if (next === undefined) at.words.set(part, (next = node()))
        at = next
      }
    }
    at.templates.set(shape.slice(0, space), template)
  }
  return (method, path) => find(root, path.split('/').slice(1), 0)?.templates.get(method) ?? null
}

function find(at: Node, parts: readonly string[], i: number): Node | null {
  if (i === parts.length) return at.templates.size > 0 ? at : null
  const word = at.words.get(parts[i] as string)
  const written = word === undefined ? null : find(word, parts, i + 1)
  return written ?? (at.variable === null ? null : find(at.variable, parts, i + 1))
}

function node(): Node {
  return { words: new Map(), variable: null, templates: new Map() }
}
