import type { EditChange } from './edits.ts'

const states = ['design', 'live', 'deprecated', 'retired'] as const

/** What an operator wrote after the kind, as an edit; a text says what is wrong with it. */
export function editChange(kind: string, words: readonly string[]): EditChange | string {
  const [first = '', second = '', third = '', fourth = ''] = words
  const exactly = (count: number, what: string): string => (words.length === count ? '' : `${kind} takes ${what}`)
  switch (kind) {
    case 'pin':
    case 'merge':
      return exactly(2, 'a service and a template') || { kind, service: first, template: second }
    case 'split':
      return (
        exactly(4, 'a service, a template, a variable and a value') || {
          kind,
          service: first,
          template: second,
          variable: third,
          value: fourth,
        }
      )
    case 'rename':
      return (
        exactly(4, 'a service, a template, a variable and a name') || {
          kind,
          service: first,
          template: second,
          variable: third,
          name: fourth,
        }
      )
    case 'ignore':
      return exactly(1, "an operation: 'SERVICE METHOD TEMPLATE'") || { kind, operation: first }
    case 'state': {
      const state = states.find(known => known === second)
      if (words.length !== 2 || state === undefined)
        return `state takes an operation ('SERVICE METHOD TEMPLATE') and one of ${states.join(', ')}`
      return { kind, operation: first, state }
    }
    case 'owner': {
      const fields: Record<string, string> = {}
      for (const word of words.slice(1)) {
        const [, field, value] = /^(application|tenant|contact)=(.{1,200})$/s.exec(word) ?? []
        if (field === undefined || value === undefined)
          return `owner takes a service or operation and application=…, tenant=… or contact=…, not ${word}`
        fields[field] = value
      }
      if (first === '' || Object.keys(fields).length === 0)
        return 'owner takes a service or operation and application=…, tenant=… or contact=…'
      return {
        kind,
        of: first,
        application: fields['application'] ?? null,
        tenant: fields['tenant'] ?? null,
        contact: fields['contact'] ?? null,
      }
    }
    default:
      return `there is no edit ${kind}; there are pin, merge, split, rename, ignore, state, owner and undo`
  }
}
