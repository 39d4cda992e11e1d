import type { TemplateEdit } from '../templates/path-template.ts'
import type { EditChange } from './edits.ts'

/** What an operator's word means to the templates of a service; null: nothing, it is about something else. */
export function templateEditOf(change: EditChange): { readonly service: string; readonly edit: TemplateEdit } | null {
  switch (change.kind) {
    case 'pin':
    case 'merge':
      return {
        service: change.service,
        edit: { kind: 'declare', template: change.template, origin: 'operator' },
      }
    case 'split':
      return {
        service: change.service,
        edit: { kind: 'split', template: change.template, variable: change.variable, value: change.value },
      }
    case 'rename':
      return {
        service: change.service,
        edit: { kind: 'rename', template: change.template, variable: change.variable, name: change.name },
      }
    case 'ignore':
    case 'state':
    case 'owner':
      return null
  }
}
