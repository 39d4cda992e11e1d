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

/** Writes a place as a template with named variables, confidence and evidence. */
export function describe(steps: readonly Step[], given: GivenNames, tail: readonly string[] = []): PathTemplate {
  const declaredEnd =
    tail.length > 0 ? undefined : steps.at(-1)?.place.declared.find(one => one.template !== null)?.template
  const declared = (steps.at(-1)?.place.declared ?? [])
    .map(one => one.template)
    .filter(one => one !== null)
    .toSorted((a, b) => Number(b.origin === 'operator') - Number(a.origin === 'operator'))[0]
  const used = new Set<string>()
  const variables: TemplateVariable[] = []
  const evidence: string[] = []
  let text = ''
  let unnamed = ''
  let confidence = 1
  let parent = ''
  for (const [segment, step] of steps.entries()) {
    confidence = Math.min(confidence, step.place.confidence)
    if (step.text !== null) {
      text += `/${filled(step.text, used)}`
      unnamed += `/${step.text}`
      parent = step.text
      continue
    }
    unnamed += `/{}${step.suffix}`
    const place = step.place as VariablePlace
    const types = place.types
    const name = unique(
      given.get(unnamed) ??
        declaredName(place, step.suffix, steps[segment - 1]?.place) ??
        variableName(parent, types, used),
      used,
    )
    variables.push({
      name,
      segment,
      type: types.length === 1 ? (types[0] as string) : 'string',
      distinct: place.distinct,
    })
    evidence.push(
      place.origin === 'declared'
        ? `{${name}}: declared`
        : `{${name}}: ${place.distinct} ${place.distinct === 1 ? 'value' : 'values'} seen${types.length === 0 ? '' : `, ${types.join(' or ')}`}`,
    )
    text += types.includes('rest') ? '/**' : `/{${name}}${step.suffix}`
  }
  for (const part of tail) text += `/${part}`
  if (declared !== undefined && declaredEnd !== undefined) {
    const names = [...declared.text.matchAll(/\{([^{}]*)\}/g)].map(match => match[1] as string)
    const own = variables.map((variable, i) => ({ ...variable, name: names[i] ?? variable.name }))
    return {
      template: renamed(declared.text, own, variables, given),
      origin: declared.origin,
      confidence: 1,
      evidence: [`declared by ${declared.origin === 'openapi' ? 'an OpenAPI document' : 'an operator'}`],
      variables: own,
    }
  }
  return {
    template: text === '' ? '/' : text,
    origin: 'inferred',
    confidence: Math.round(confidence * 1000) / 1000,
    evidence,
    variables,
  }
}

function renamed(
  text: string,
  _own: readonly TemplateVariable[],
  _inferred: readonly TemplateVariable[],
  _given: GivenNames,
): string {
  return text
}

function declaredName(_place: VariablePlace, suffix: string, before: Place | undefined): string | null {
  for (const one of before?.declared ?? []) {
    const found = one.variables.get(suffix) ?? one.variables.get('')
    if (found !== undefined) return found.name
  }
  return null
}

/** A frame's holes get names as well: `Orders({})` → `Orders({id})`. */
function filled(text: string, used: Set<string>): string {
  return text.includes('{}') && /\(.*\)$|=\{\}$/.test(text)
    ? text.replaceAll('{}', () => `{${unique('id', used)}}`)
    : text
}

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
