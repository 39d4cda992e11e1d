import { makeUuid, type Person } from './person.ts'
import type { Random } from './random.ts'

/** What a value is made from. */
export interface Making {
  readonly random: Random
  /** Number of the latest release of the service: fields come with releases. */
  readonly release: number
  /** Virtual time, Unix ms. */
  readonly now: number
  /** Whose data it is. */
  readonly person: Person
  /** Somebody else, for one more entry of a list. */
  another(): Person
  /** An id of that kind that belongs to the caller, or that there is at all: as it may stand in a path. */
  id(variable: string): string | number
  /** Variables of the path that was called. */
  readonly params: Readonly<Record<string, string>>
}

export type Schema = Readonly<Record<string, unknown>>

/** A kind of value: its JSON Schema as a careful author writes it, and how one is made. */
export interface Shape {
  readonly schema: Schema
  make(making: Making): unknown
}

export function shape(schema: Schema, make: (making: Making) => unknown): Shape {
  return { schema, make }
}

const words =
  'amber autumn basket bright broad calm cedar clear cloud copper coral corner cotton crisp deep early evening fine firm fresh garden gentle golden grain green harbour hazel honest indigo ivory juniper kettle lantern light linen little lively maple meadow mellow misty morning narrow oak olive pale pebble pine plain quiet quick river rough round sandy silver simple slate small smooth soft solid spring steady stone summer thick timber tiny velvet warm white wide willow winter woven'.split(
    ' ',
  )

/** Words that people write: bounded, otherwise free. */
export function prose(maxLength = 200): Shape {
  return shape({ type: 'string', minLength: 1, maxLength }, ({ random }) => sentence(random, maxLength))
}

/** Mostly plain words; now and then what people write besides: stops, figures, letters of other alphabets, a picture. */
function sentence(random: Random, maxLength: number): string {
  const count = Math.max(1, Math.min(Math.floor(maxLength / 14), random.between(2, 14)))
  let text = ''
  for (let i = 0; i < count; i++) {
    const word = random.chance(0.06) ? random.pick(odd) : random.pick(words)
    text += i === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : `${random.chance(0.08) ? ',' : ''} ${word}`
  }
  const whole = `${text}${random.chance(0.3) ? random.pick(['.', '!', '?', ' …']) : ''}`
  // Characters, as schemas count them: half of a picture is no text.
  return [...whole].slice(0, maxLength).join('')
}

const odd =
  "it's “fine” größer café naïve Ærø 24/7 3.5 50% #1 (new) A&B e-mail 🙂 Łódź ñandú don't half-price 1,5l +plus".split(
    ' ',
  )

/** `copper-kettle-0412`, under a pattern. */
export const slug = shape(
  { type: 'string', pattern: '^[a-z]{3,12}-[a-z]{3,12}-[0-9]{4}$', maxLength: 30 },
  ({ random }) => `${random.pick(words)}-${random.pick(words)}-${String(random.below(10_000)).padStart(4, '0')}`,
)

/** A code after a template: `A` stands for a letter or digit, `9` for a digit, everything else for itself. */
export function code(form: string): Shape {
  const pattern = `^${form.replaceAll(/[A9]/g, c => (c === 'A' ? '[0-9A-Z]' : '[0-9]'))}$`
  return shape({ type: 'string', pattern, maxLength: form.length }, ({ random }) =>
    [...form]
      .map(c => (c === 'A' ? random.pick([...'0123456789ABCDEFGHJKMNPQRSTVWXYZ']) : c === '9' ? random.below(10) : c))
      .join(''),
  )
}

export function oneOf(...choices: readonly string[]): Shape {
  return shape({ type: 'string', enum: choices }, ({ random }) => random.pick(choices))
}

export function whole(minimum: number, maximum: number): Shape {
  return shape({ type: 'integer', minimum, maximum }, ({ random }) => random.between(minimum, maximum))
}

/** Mostly small, within the bounds. */
export function few(minimum: number, maximum: number): Shape {
  return shape({ type: 'integer', minimum, maximum }, ({ random }) => minimum + random.early(maximum - minimum + 1))
}

export const price = shape(
  { type: 'number', minimum: 0, maximum: 100_000 },
  ({ random }) => Math.round(Math.min(9_999, random.around(40, 1)) * 100) / 100,
)
export const yes = shape({ type: 'boolean' }, ({ random }) => random.chance(0.7))
export const uuid = shape({ type: 'string', format: 'uuid' }, ({ random }) => makeUuid(random))
/** A moment of the last weeks. */
export const past = shape({ type: 'string', format: 'date-time' }, ({ random, now }) =>
  new Date(now - random.below(40 * 86_400_000)).toISOString(),
)
export const nowTime = shape({ type: 'string', format: 'date-time' }, ({ now }) => new Date(now).toISOString())
export const day = shape({ type: 'string', format: 'date' }, ({ random, now }) =>
  new Date(now + random.between(-20, 20) * 86_400_000).toISOString().slice(0, 10),
)

/** A value of the person whose data it is. */
export function of(field: keyof Person, schema: Schema): Shape {
  return shape(schema, ({ person }) => person[field])
}
export const email = of('email', { type: 'string', format: 'email', maxLength: 254 })
export const phone = of('phone', { type: 'string', pattern: '^\\+[0-9 ]{7,20}$', maxLength: 21 })
export const givenName = of('givenName', { type: 'string', minLength: 1, maxLength: 60 })
export const familyName = of('familyName', { type: 'string', minLength: 1, maxLength: 60 })
export const street = of('street', { type: 'string', minLength: 1, maxLength: 120 })
export const postcode = of('postcode', { type: 'string', pattern: '^[0-9]{4,5}$', maxLength: 5 })
export const city = of('city', { type: 'string', minLength: 1, maxLength: 80 })
export const country = of('country', { type: 'string', pattern: '^[A-Z]{2}$', maxLength: 2 })
export const birthDate = of('birthDate', { type: 'string', format: 'date' })
export const iban = of('iban', { type: 'string', pattern: '^[A-Z]{2}[0-9]{20}$', maxLength: 34 })
export const card = of('card', { type: 'string', pattern: '^[0-9]{16}$', maxLength: 16 })
export const maskedCard = shape(
  { type: 'string', pattern: '^\\*{12}[0-9]{4}$', maxLength: 16 },
  ({ person }) => `************${person.card.slice(-4)}`,
)

/** Another thing by its id. */
export function ref(variable: string, schema: Schema): Shape {
  return shape(schema, making => making.id(variable))
}

/** The variable of the path, when the thing itself answers; in a list some id of that kind. */
export function self(variable: string, schema: Schema): Shape {
  const number = schema['type'] === 'integer'
  return shape(schema, making => {
    const given = making.params[variable]
    return given === undefined ? making.id(variable) : number ? Number(given) : given
  })
}

interface Optional extends Shape {
  /** Share of values that have it. */
  readonly share: number
}

export function optional(inner: Shape, share = 0.5): Optional {
  return { ...inner, share }
}

interface Added extends Shape {
  readonly since: number
}

/** A field that comes with a release. */
export function since(release: number, inner: Shape): Added {
  return { ...inner, since: release }
}

export interface ObjectShape extends Shape {
  readonly fields: Readonly<Record<string, Shape>>
}

/** Closed: no other fields than these. */
export function object(fields: Readonly<Record<string, Shape>>): ObjectShape {
  const required = Object.entries(fields)
    .filter(([, field]) => !('share' in field) && !('since' in field))
    .map(([name]) => name)
  const schema = {
    type: 'object',
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.schema])),
  }
  return {
    fields,
    schema,
    make(making) {
      const value: Record<string, unknown> = {}
      for (const [name, field] of Object.entries(fields)) {
        if ('since' in field && making.release < (field as Added).since) continue
        if ('share' in field && !making.random.chance((field as Optional).share)) continue
        value[name] = field.make(making)
      }
      return value
    },
  }
}

/** The same values under another schema: what a less careful author writes. */
export function described(inner: Shape, schema: Schema): Shape {
  return { ...inner, schema }
}

/** Fields that answers have and no document names. */
export function withHidden(inner: ObjectShape, fields: Readonly<Record<string, Shape>>): ObjectShape {
  const whole = object({ ...inner.fields, ...fields })
  return { ...whole, schema: inner.schema }
}

/** Entries about several people or things. */
export function list(inner: Shape, maxItems = 50, usual = 6): Shape {
  return shape({ type: 'array', maxItems, items: inner.schema }, making => {
    const count = making.random.between(1, Math.min(maxItems, usual * 2))
    return Array.from({ length: count }, () => inner.make({ ...making, person: making.another(), params: {} }))
  })
}

/** Entries that all belong to the person in question. */
export function own(inner: Shape, maxItems = 50, usual = 4): Shape {
  return shape({ type: 'array', maxItems, items: inner.schema }, making => {
    const count = making.random.between(1, Math.min(maxItems, usual * 2))
    return Array.from({ length: count }, () => inner.make({ ...making, params: {} }))
  })
}

/** A page of a list. */
export function page(inner: Shape): ObjectShape {
  return object({ items: list(inner, 100), total: whole(0, 100_000) })
}
