import { segmentShape } from '../../lib/segment-shape.ts'
import type { TemplateEdit } from './path-template.ts'

/** What operators and documents say of one place: a tree beside the one of paths seen. */
export interface DeclaredNode {
  readonly literals: Map<string, DeclaredNode>
  /** By suffix (`.json`, `:cancel`, mostly ''). */
  readonly variables: Map<string, DeclaredNode>
  /** Of the variable that leads here. */
  readonly name: string
  /** Set where a declared template ends. */
  template: { readonly text: string; readonly origin: 'operator' | 'openapi' } | null
}

export function declaredNode(name = ''): DeclaredNode {
  return { literals: new Map(), variables: new Map(), name, template: null }
}

const whole = /^\{([^{}]+)\}([.:][\w.-]+)?$/

/** Adds one declaration or split; later ones win over earlier ones of the same origin, and an operator over a document. */
export function addDeclaration(root: DeclaredNode, edit: Exclude<TemplateEdit, { kind: 'rename' }>): void {
  const written = edit.kind === 'split' ? splitTemplate(edit) : edit.template
  let at = root
  for (const part of templateParts(written)) {
    const variable = whole.exec(part)
    if (variable !== null) {
      const suffix = variable[2] ?? ''
      let next = at.variables.get(suffix)
      if (next === undefined || (edit.kind === 'declare' && edit.origin === 'operator' && next.name !== variable[1])) {
        const made = declaredNode(variable[1])
        if (next !== undefined) {
          for (const [text, child] of next.literals) made.literals.set(text, child)
          for (const [key, child] of next.variables) made.variables.set(key, child)
          made.template = next.template
        }
        next = made
        at.variables.set(suffix, next)
      }
      at = next
    } else {
      const text = part.replaceAll(/\{[^{}]*\}/g, '{}')
      let next = at.literals.get(text)
      if (next === undefined) {
        next = declaredNode()
        at.literals.set(text, next)
      }
      at = next
    }
  }
  if (edit.kind === 'split') return
  if (at.template?.origin !== 'operator' || edit.origin === 'operator')
    at.template = { text: edit.template, origin: edit.origin }
}

/** Literal segments that look like values (`/reports/2024`): the trie must keep them apart. */
export function valueLikeLiterals(edit: TemplateEdit): readonly string[] {
  if (edit.kind === 'rename') return []
  const written = edit.kind === 'split' ? splitTemplate(edit) : edit.template
  return templateParts(written).filter(part => !part.includes('{') && segmentShape(part) !== null)
}

export function templateParts(template: string): readonly string[] {
  return (template.startsWith('/') ? template.slice(1) : template).split('/')
}

function splitTemplate({ template, variable, value }: Extract<TemplateEdit, { kind: 'split' }>): string {
  // What lies behind the variable is open: the value may have other operations than its siblings.
  const parts = templateParts(template)
  const at = parts.findIndex(part => part.includes(`{${variable}}`))
  return `/${[...parts.slice(0, at), (parts[at] ?? '').replace(`{${variable}}`, () => value)].join('/')}`
}
