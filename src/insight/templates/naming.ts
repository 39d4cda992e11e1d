import type { PathTemplate, TemplateVariable } from './path-template.ts'
import type { Place, VariablePlace } from './places.ts'

/** The steps from the root to one place. */
export interface Step {
  readonly place: Place
  /** The literal text; null for a variable. */
  readonly text: string | null
  readonly suffix: string
}

/** Names given by the operator: `/users/{}` (the template up to the variable, unnamed) → name. */
export type GivenNames = ReadonlyMap<string, string>

/** Writes a place as a template with named variables, confidence and evidence. `tail`: segments behind it that were never seen. */
export function describe(steps: readonly Step[], given: GivenNames, tail: readonly string[] = []): PathTemplate {
  const declared = tail.length > 0 ? null : declaredTemplate(steps.at(-1)?.place)
  const names = [...(declared?.text.matchAll(hole) ?? [])].map(match => match[1] as string)
  const used = new Set<string>()
  const variables: TemplateVariable[] = []
  const evidence: string[] = []
  /** Name of the next variable or hole: a declared template knows better than its place. */
  const nextName = (other: () => string) => unique(names[used.size] ?? other(), used)
  let text = ''
  let unnamed = ''
  let confidence = 1
  let parent = ''
  for (const [segment, { place, text: literal, suffix }] of steps.entries()) {
    confidence = Math.min(confidence, place.confidence)
    if (literal !== null) {
      text += `/${filled(literal, nextName)}`
      unnamed += `/${literal}`
      parent = literal
      continue
    }
    unnamed += `/{}${suffix}`
    const { types, distinct, origin } = place as VariablePlace
    const renamed = given.get(unnamed)
    if (renamed !== undefined) names[used.size] = renamed
    const name = nextName(() => declaredName(steps[segment - 1]?.place, suffix) ?? variableName(parent, types, used))
    variables.push({ name, segment, type: types.length === 1 ? (types[0] as string) : 'string', distinct })
    evidence.push(
      origin === 'declared'
        ? `{${name}}: declared`
        : `{${name}}: ${distinct} ${distinct === 1 ? 'value' : 'values'}, ${types.join(' or ')}`,
    )
    text += types.includes('rest') ? '/**' : `/{${name}}${suffix}`
  }
  for (const part of tail) text += `/${part}`
  if (declared === null)
    return {
      template: text === '' ? '/' : text,
      origin: 'inferred',
      confidence: Math.round(confidence * 1000) / 1000,
      evidence,
      variables,
    }
  const final = [...used]
  let at = 0
  return {
    template: declared.text.replaceAll(hole, () => `{${final[at++] ?? 'id'}}`),
    origin: declared.origin,
    confidence: 1,
    evidence: [`declared by ${declared.origin === 'openapi' ? 'an OpenAPI document' : 'an operator'}`],
    variables,
  }
}

const hole = /\{([^{}]*)\}/g

/** What was declared to end here; an operator's word first. */
function declaredTemplate(place: Place | undefined) {
  const templates = (place?.declared ?? []).map(one => one.template).filter(one => one !== null)
  return templates.find(({ origin }) => origin === 'operator') ?? templates[0] ?? null
}

/** The name that a longer declared template gives the variable. */
function declaredName(before: Place | undefined, suffix: string): string | null {
  for (const one of before?.declared ?? []) {
    const found = one.variables.get(suffix) ?? one.variables.get('')
    if (found !== undefined) return found.name
  }
  return null
}

/** Names the holes of a frame as well: `Orders({})` → `Orders({id})`. */
function filled(text: string, nextName: (other: () => string) => string): string {
  if (text.endsWith('.{}')) return `${text.slice(0, -2)}{${nextName(() => 'format')}}`
  return framed.test(text) ? text.replaceAll('{}', () => `{${nextName(() => 'id')}}`) : text
}

const framed = /\(.*\{\}.*\)$|=\{\}$/

const plainNames: Readonly<Record<string, string>> = {
  date: 'date',
  'date-time': 'time',
  time: 'time',
  email: 'email',
  phone: 'phone',
  ip: 'address',
  locale: 'locale',
  coordinates: 'coordinates',
  version: 'version',
  'file-name': 'file',
  domain: 'domain',
  jwt: 'token',
}

/** `{id}` for the first, `{itemId}` behind it; dates, files and the like by what they are. */
function variableName(parent: string, types: readonly string[], used: ReadonlySet<string>): string {
  const plain = types.length === 1 ? plainNames[types[0] as string] : undefined
  if (plain !== undefined) return plain
  if (used.size === 0) return 'id'
  const singular = parent
    .replace(/\.\w+$/, '')
    .replaceAll(/[^A-Za-z\d]+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? '')
    .replace(/ies$/i, 'y')
    .replace(/(ss|x|ch|sh)es$/i, '$1')
    .replace(/([^su])s$/i, '$1')
  return /^[A-Za-z]\w{0,30}$/.test(singular) ? `${singular[0]?.toLowerCase()}${singular.slice(1)}Id` : 'id'
}

function unique(name: string, used: Set<string>): string {
  let made = name
  for (let n = 2; used.has(made); n++) made = `${name}${n}`
  used.add(made)
  return made
}
