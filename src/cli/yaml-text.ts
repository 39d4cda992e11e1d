import { Document, visit } from 'yaml'
import { withoutUnseen } from '../lib/unseen.ts'

/** A value as YAML that a terminal may be shown: what it would obey is escaped, in quotes, and means the same when it is read back. */
export function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false })
  visit(document, {
    Scalar(_, node) {
      // Plain and block scalars know no escapes.
      if (typeof node.value === 'string' && withoutUnseen(node.value) !== node.value) node.type = 'QUOTE_DOUBLE'
    },
  })
  return withoutUnseen(document.toString({ lineWidth: 0 }))
}
