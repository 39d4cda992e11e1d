/** Values that stood for a variable, at the most. */
const valuesMax = 5
/** Fields of one answer that are looked at. */
const fieldsMax = 2000
const itemsMax = 50

/** Values for the variables of templates, by the template up to them; kept for the time of a probe alone. */
export class PathValues {
  readonly #byPrefix = new Map<string, string[]>()
  readonly #byName = new Map<string, string[]>()

  /** An operator's word: `orderId=7`. */
  name(variable: string, value: string): void {
    push(this.#byName, variable.toLowerCase(), value)
  }

  /** What an answer of a collection says of the members below it: `/orders` of `/orders/{id}`. */
  learn(collection: string, body: Buffer): void {
    for (const item of itemsOf(body))
      for (const [field, value] of Object.entries(item)) {
        if (typeof value !== 'string' && typeof value !== 'number') continue
        const text = String(value)
        if (!/^[\w.~-]{1,100}$/.test(text) || text === '.' || text === '..') continue
        if (/^(?:id|_id|uuid|key|slug|number)$/i.test(field) || ownIdOf(collection, field))
          push(this.#byPrefix, shapeOf(collection), text)
        else if (/[a-z\d](?:Id|_id|Number|Key)$/.test(field)) push(this.#byName, field.toLowerCase(), text)
      }
  }

  /** Paths of a template, at most `max`; none when a variable has no value. */
  fill(template: string, max: number): string[] {
    let paths = ['']
    let shape = ''
    for (const segment of template.slice(1).split('/')) {
      const variable = /^\{(.+)\}$/s.exec(segment)?.[1]
      if (variable === undefined && segment.includes('{')) return []
      const values =
        variable === undefined
          ? [segment]
          : [...new Set([...(this.#byName.get(variable.toLowerCase()) ?? []), ...(this.#byPrefix.get(shape) ?? [])])]
      paths = paths.flatMap(path => values.map(value => `${path}/${value}`)).slice(0, max)
      shape += variable === undefined ? `/${segment}` : '/{}'
    }
    return paths
  }
}

/** Ids of the members that a collection's answer lists. */
export function idsOf(collection: string, body: Buffer): Set<string> {
  const ids = new Set<string>()
  for (const item of itemsOf(body))
    for (const [field, value] of Object.entries(item))
      if (/^(?:id|_id|uuid|key|slug|number)$/i.test(field) || ownIdOf(collection, field)) ids.add(String(value))
  return ids
}

/** `orderId` in `/orders`. */
function ownIdOf(collection: string, field: string): boolean {
  const last = collection.split('/').at(-1) ?? ''
  const one = last.replace(/ies$/, 'y').replace(/s$/, '').toLowerCase()
  return one !== '' && field.toLowerCase().replaceAll('_', '') === `${one.replaceAll(/[-_]/g, '')}id`
}

/** Objects in lists of the answer: at the top, or one level below. */
function itemsOf(body: Buffer): Array<Record<string, unknown>> {
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString('utf8'))
  } catch {
    return []
  }
  const lists = [parsed, ...(isMap(parsed) ? Object.values(parsed).slice(0, fieldsMax) : [])].filter(Array.isArray)
  return lists.flatMap(list => (list as unknown[]).slice(0, itemsMax).filter(isMap)).slice(0, fieldsMax)
}

function isMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function shapeOf(template: string): string {
  return template.replace(/\{[^{}/]*\}/g, '{}')
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else if (list.length < valuesMax && !list.includes(value)) list.push(value)
}
