import type { ApiParameter } from './openapi-documents.ts'
import type { Seeded } from './seeded.ts'
import type { Words } from './words.ts'

/** Makes one value of a parameter. */
export type ValueMaker = (random: Seeded) => string

export const digits = '0123456789'
const hexDigits = '0123456789abcdef'
export const lower = 'abcdefghijklmnopqrstuvwxyz'
const upper = lower.toUpperCase()
const base62 = digits + lower + upper
const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * How values of a path parameter look: its enum, format, type, name and example decide, and the seed where they leave it open. One
 * parameter keeps one manner, as in life. Values are percent-encoded as clients do it.
 */
export function valueMaker(name: string, parameter: ApiParameter, words: Words, seed: Seeded): ValueMaker {
  const make = chooseMaker(name, parameter, words, seed)
  return random => encodeSegment(make(random))
}

/** RFC 3986 §3.3: these stand unescaped in a segment, and clients mostly leave them so. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replaceAll(/%(?:3A|40|2C|24|3B|2B)/g, escape => decodeURIComponent(escape))
}

function chooseMaker(name: string, parameter: ApiParameter, words: Words, seed: Seeded): ValueMaker {
  const { type, format = '', example } = parameter
  const members = enumMembers(parameter)
  if (members.length > 0) return random => random.pick(members)
  if (type === 'boolean') return random => random.pick(['true', 'false'])
  const kind = format.toLowerCase()
  if (kind === 'uuid' || kind === 'guid') return uuid
  if (kind === 'date') return date
  if (kind === 'date-time') return dateTime
  if (kind === 'email') return email(words)
  if (kind.startsWith('ip')) return ip
  const key = name.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase()
  const last = key.split(/[^a-z\d]+/).findLast(part => part !== '') ?? key
  if (type === 'integer' || kind.startsWith('int') || kind.startsWith('uint')) return integer(last, seed)
  if (type === 'number')
    return /^(lat|lon|lng|latitude|longitude|x|y|amount|price)$/.test(last) ? decimal : integer(last, seed)
  if (example !== undefined && typeof example !== 'object' && seed.next() < 0.7) {
    const maker = like(String(example), words)
    if (maker !== null) return maker
  }
  return byName(key, last, words, seed)
}

/** The values that a parameter lists and a segment of a path can be; empty when it lists none. */
export function enumMembers(parameter: ApiParameter): string[] {
  return (parameter.enum ?? []).map(String).filter(value => value !== '' && !value.includes('/'))
}

function byName(key: string, last: string, words: Words, seed: Seeded): ValueMaker {
  const is = (list: string) => list.split(' ').includes(last)
  if (is('uuid guid')) return uuid
  if (
    is(
      'id ids gid pk sid uid oid key token hash sha digest ref reference identifier handle serial cursor apikey secret',
    ) ||
    /(?:id|ids|key|guid|hash|uuid)$/.test(last)
  )
    return identifier(seed, words)
  if (is('email mail emailaddress')) return email(words)
  if (is('phone msisdn telephone') || key.includes('phone')) return phone
  if (is('date day start end from to since until') || key.includes('date')) return seed.next() < 0.8 ? date : dateTime
  if (is('time timestamp datetime')) return seed.next() < 0.5 ? dateTime : integerBetween(1_400_000_000, 1_800_000_000)
  if (is('year season')) return integerBetween(1990, 2027)
  if (is('month')) return integerBetween(1, 13)
  if (is('country')) return from(words.countries)
  if (is('currency base quote')) return from(words.currencies)
  if (is('language lang locale')) return locale(words, seed)
  if (is('airport iata origin destination')) return from(words.airports)
  if (is('symbol ticker stock')) return from(words.tickers)
  if (is('city place town')) return from(words.cities)
  if (is('zip zipcode postcode')) return integerBetween(10_000, 99_999)
  if (is('lat lon lng latitude longitude')) return decimal
  if (is('coordinates latlng point')) return random => `${decimal(random)},${decimal(random)}`
  if (is('domain host hostname site'))
    return random => `${slug(1, words)(random)}${random.below(90)}.${random.pick(['com', 'org', 'net', 'io', 'de'])}`
  if (is('ip address') && key.includes('ip')) return ip
  if (is('filename file image attachment path') || key.includes('file')) return fileName(words)
  if (is('version revision release')) return random => `${random.below(9)}.${random.below(20)}.${random.below(30)}`
  if (is('number no num index page offset port count size limit position level score amount'))
    return integer(last, seed)
  if (is('sku code barcode upc ean isbn vin plate')) return code(seed)
  if (
    is(
      'username user login owner author member account screenname nickname customer player person people team org organization company',
    )
  )
    return userName(words)
  if (is('format ext extension') || key === 'content_type' || key === 'media_type')
    return random => random.pick(['json', 'xml', 'csv'])
  if (is('type kind category status state method action metric field mode period interval scope role level dimension'))
    return categorical(words, seed)
  if (is('branch'))
    return random =>
      random.pick(['main', 'master', 'develop', `feature-${slug(2, words)(random)}`, `release-${random.below(40)}`])
  if (is('query q term word text keyword search'))
    return random =>
      random.below(3) === 0 ? `${random.pick(words.adjectives)} ${random.pick(words.nouns)}` : random.pick(words.nouns)
  if (
    is(
      'name slug title tag label topic project repo repository workspace app application service bucket collection folder package module domainname namespace realm environment cluster channel space board table group section class',
    )
  )
    return slugs(seed, words)
  const roll = seed.next()
  if (roll < 0.4) return slugs(seed, words)
  if (roll < 0.5) return userName(words)
  return identifier(seed, words)
}

/** What people call an id has many forms; shares by hand, from what public documents show as examples. */
function identifier(seed: Seeded, words: Words): ValueMaker {
  const roll = seed.next()
  if (roll < 0.3) return integer('id', seed)
  if (roll < 0.5) return uuid
  if (roll < 0.57) return random => text(random, hexDigits, 24)
  if (roll < 0.64) {
    const length = seed.pick([8, 16, 32, 40, 64])
    return random => text(random, hexDigits, length)
  }
  if (roll < 0.75) {
    const length = seed.pick([8, 11, 16, 20, 22, 24])
    return random => text(random, base62, length)
  }
  if (roll < 0.83) {
    const prefix = `${text(seed, lower, 2 + seed.below(3))}${seed.pick(['_', '-'])}`
    const length = seed.pick([8, 14, 24])
    return random => prefix + text(random, base62, length)
  }
  if (roll < 0.86) return random => `0${seed.pick(['1', '1'])}${text(random, crockford, 24)}`
  if (roll < 0.91) return code(seed)
  if (roll < 0.95) {
    const length = 5 + seed.below(3)
    return random => text(random, lower + digits, length)
  }
  if (roll < 0.97) return random => `${text(random, upper, 2)}${text(random, hexDigits, 32)}`
  return slugs(seed, words)
}

function integer(last: string, seed: Seeded): ValueMaker {
  if (last === 'year') return integerBetween(1990, 2027)
  if (last === 'month') return integerBetween(1, 13)
  if (/^(page|index|level|position|count|day)$/.test(last)) return integerBetween(1, 40)
  const largest = seed.pick([100, 10_000, 1_000_000, 10_000_000_000])
  return integerBetween(1, largest)
}

function integerBetween(first: number, end: number): ValueMaker {
  return random => String(first + random.below(end - first))
}

function code(seed: Seeded): ValueMaker {
  const prefix = text(seed, upper, 2 + seed.below(3))
  const roll = seed.below(4)
  if (roll === 0) return random => `${prefix}-${text(random, digits, 4)}`
  if (roll === 1) return random => `${prefix}${text(random, digits, 6)}`
  if (roll === 2) return random => text(random, upper + digits, 6)
  return random => `${prefix}-${2020 + random.below(7)}-${text(random, digits, 3)}`
}

function userName(words: Words): ValueMaker {
  return random => {
    const first = random.pick(words.given)
    const roll = random.below(5)
    if (roll === 0) return `${first}.${random.pick(words.family)}`
    if (roll === 1) return `${first}${random.below(99)}`
    if (roll === 2) return `${first[0]}${random.pick(words.family)}`
    if (roll === 3) return `${first}_${random.pick(words.nouns)}`
    return first
  }
}

function slugs(seed: Seeded, words: Words): ValueMaker {
  return slug(1 + seed.below(3), words)
}

function slug(count: number, words: Words): ValueMaker {
  return random => {
    const adjective = Array.from({ length: count - 1 }, () => random.pick(words.adjectives))
    return [...adjective, random.pick(words.nouns)].join('-')
  }
}

function categorical(words: Words, seed: Seeded): ValueMaker {
  const values = Array.from({ length: 3 + seed.below(6) }, () => seed.pick(words.kinds))
  return random => random.pick(values)
}

function locale(words: Words, seed: Seeded): ValueMaker {
  const whole = seed.next() < 0.5
  return random =>
    whole ? `${random.pick(words.languages)}-${random.pick(words.countries)}` : random.pick(words.languages)
}

function email(words: Words): ValueMaker {
  return random =>
    `${random.pick(words.given)}.${random.pick(words.family)}@${random.pick(['example.com', 'mail.test', 'corp.example'])}`
}

function fileName(words: Words): ValueMaker {
  return random => {
    const stem = random.below(2) === 0 ? slug(2, words)(random) : `${random.pick(words.nouns)}_${random.below(500)}`
    return `${stem}.${random.pick(['pdf', 'png', 'jpg', 'txt', 'csv', 'json', 'zip', 'docx'])}`
  }
}

function from(list: readonly string[]): ValueMaker {
  return random => random.pick(list)
}

/** Values that look like this one: the same letters and digits in other mixtures; null when it is only a placeholder. */
function like(example: string, words: Words): ValueMaker | null {
  if (example === '' || example.length > 100 || /[{}<>/\s]/.test(example)) return null
  if (/^[a-z]+(?:[-_][a-z]+)*$/i.test(example)) {
    const count = example.split(/[-_]/).length
    return slug(Math.min(3, count), words)
  }
  const hex = /^[\da-f-]+$/i.test(example) && /\d/.test(example)
  const head = /^[A-Za-z]{2,}[_-]/.exec(example)?.[0] ?? ''
  return random =>
    head +
    Array.from(example.slice(head.length))
      .map(character => {
        if (/\d/.test(character))
          return hex && /[a-f]/i.test(example) ? random.pick(hexDigits.split('')) : random.pick(digits.split(''))
        if (hex && /[a-f]/.test(character)) return random.pick(hexDigits.split(''))
        if (/[a-z]/.test(character)) return random.pick(lower.split(''))
        if (/[A-Z]/.test(character)) return random.pick(hex ? hexDigits.toUpperCase().split('') : upper.split(''))
        return character
      })
      .join('')
}

/** Random characters of an alphabet. */
export function text(random: Seeded, alphabet: string, length: number): string {
  let made = ''
  for (let i = 0; i < length; i++) made += alphabet[random.below(alphabet.length)]
  return made
}

/** Version 4. */
export function uuid(random: Seeded): string {
  const hex = text(random, hexDigits, 30)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-a${hex.slice(15, 18)}-${hex.slice(18, 30)}`
}

/** A day of 2018 to 2026: `2024-05-17`. */
export function date(random: Seeded): string {
  return new Date(Date.UTC(2018 + random.below(9), random.below(12), 1 + random.below(28))).toISOString().slice(0, 10)
}

/** RFC 3339 in UTC, to the second. */
export function dateTime(random: Seeded): string {
  return new Date(Date.UTC(2018, 0, 1) + random.below(250_000_000) * 1000).toISOString().replace('.000', '')
}

function decimal(random: Seeded): string {
  return (random.next() * 178 - 89).toFixed(1 + random.below(5))
}

function ip(random: Seeded): string {
  return `${1 + random.below(223)}.${random.below(256)}.${random.below(256)}.${random.below(256)}`
}

function phone(random: Seeded): string {
  return `+${1 + random.below(60)}${text(random, digits, 9)}`
}
