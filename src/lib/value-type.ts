export type ValueType =
  | 'empty'
  | 'boolean'
  | 'integer'
  | 'number'
  | 'uuid'
  | 'date'
  | 'time'
  | 'email'
  | 'url'
  | 'string'

const number = /^-?\d{1,32}(?:\.\d{1,32})?(?:[eE][-+]?\d{1,3})?$/
const integer = /^-?\d+$/
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const date = /^\d{4}-\d{2}-\d{2}$/
const time = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}/

/** What kind of value a text is, by its shape alone; says nothing of what it holds. Linear time. */
export function valueType(text: string): ValueType {
  if (text === '') return 'empty'
  const first = text.charCodeAt(0)
  if ((first >= 48 && first <= 57) || first === 45) {
    if (number.test(text)) return integer.test(text) ? 'integer' : 'number'
    if (date.test(text)) return 'date'
    if (time.test(text)) return 'time'
  }
  if (text === 'true' || text === 'false') return 'boolean'
  if (text.length === 36 && uuid.test(text)) return 'uuid'
  const at = text.indexOf('@')
  if (at > 0 && text.indexOf('.', at) > at + 1 && !/\s/.test(text)) return 'email'
  if (text.startsWith('https://') || text.startsWith('http://')) return 'url'
  return 'string'
}
