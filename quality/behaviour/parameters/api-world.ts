import { type Seeded, seeded } from '../../traffic/seeded.ts'

/** A call as a line of `exchanges`. */
export interface Exchange {
  id: string
  method: string
  url: string
  headers: Record<string, string>
  body?: string
  status: number
  responseHeaders: Record<string, string>
  responseBody: string
}

type Maker = (random: Seeded) => string | number | boolean

interface Parameter {
  readonly name: string
  readonly make: Maker
  /** Text that people write, where an attack would go. */
  readonly text: boolean
  /** Share of calls that have it. */
  readonly share: number
}

export interface Operation {
  readonly method: string
  /** Makes a path. */
  readonly path: (random: Seeded) => string
  readonly query: readonly Parameter[]
  readonly body: readonly Parameter[]
  readonly form: boolean
  readonly answer: readonly Parameter[]
  readonly weight: number
}

const nouns =
  'orders users carts items invoices tickets rooms flights books reviews devices teams notes jobs plans routes'.split(
    ' ',
  )
const parts = 'search status history details export settings members totals labels archive'.split(' ')
const plain = 'name title city note reason comment subject query label street company nickname'.split(' ')
const choices = 'sort state kind lang currency role view unit level'.split(' ')
const counts = 'page limit amount quantity offset year price size rating'.split(' ')
const syllables = 'ka ro mi ta len dor vi sa ber ul na pe qui zo har li fe wa jun ost'.split(' ')
const agents = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:1V.0) Gecko/20100101 Firefox/1V.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1V.0.0.0 Safari/537.36',
  'okhttp/4.V.1',
  'python-requests/2.V.0',
  'shop-app/3.V (iPhone; iOS 17.V)',
]

/** Some operations of an invented API: names, parameters and values differ with the seed. */
export function apiWorld(seed: string): Operation[] {
  const random = seeded(`world ${seed}`)
  const used = new Set<string>()
  const operations: Operation[] = []
  for (let i = 0; i < 14; i++) {
    const noun = random.pick(nouns)
    const part = random.pick(parts)
    const form = random.below(4)
    const key = `${noun} ${form} ${form > 1 ? part : ''}`
    if (used.has(key)) continue
    used.add(key)
    const id = random.below(2) === 0 ? (r: Seeded) => String(1000 + r.below(9000)) : (r: Seeded) => hex(r, 24)
    const path = (r: Seeded): string =>
      form === 0
        ? `/api/${noun}`
        : form === 1
          ? `/api/${noun}/${id(r)}`
          : form === 2
            ? `/api/${noun}/${id(r)}/${part}`
            : `/api/${noun}/${part}`
    const writes = random.below(5) < 2
    operations.push({
      method: writes ? random.pick(['POST', 'PUT', 'PATCH']) : 'GET',
      path,
      query: writes && random.below(3) > 0 ? [] : parameters(random, 1 + random.below(4)),
      body: writes ? parameters(random, 2 + random.below(5)) : [],
      form: writes && random.below(3) === 0,
      answer: parameters(random, 3 + random.below(5)),
      weight: 1 + random.below(9),
    })
  }
  return operations
}

function parameters(random: Seeded, count: number): Parameter[] {
  const made = new Map<string, Parameter>()
  for (let i = 0; i < count; i++) {
    const share = random.below(3) === 0 ? 0.3 + random.next() * 0.6 : 1
    const [name, make, text] = parameter(random)
    made.set(name, { name, make, text, share })
  }
  return [...made.values()]
}

function parameter(random: Seeded): [name: string, make: Maker, text: boolean] {
  switch (random.below(8)) {
    case 0:
    case 1:
      return [random.pick(plain), r => sentence(r, 1 + r.below(5)), true]
    case 2: {
      const members = Array.from({ length: 2 + random.below(6) }, () => word(random))
      return [random.pick(choices), r => r.pick(members), false]
    }
    case 3:
    case 4: {
      const scale = 10 ** (1 + random.below(3))
      return [random.pick(counts), r => 1 + Math.floor(scale * r.next() ** 2), false]
    }
    case 5:
      return [
        'email',
        r => `${word(r)}.${word(r)}${r.below(3) === 0 ? r.below(99) : ''}@${word(r)}.${r.pick(['com', 'org', 'es'])}`,
        true,
      ]
    case 6:
      return ['since', r => `202${r.below(7)}-0${1 + r.below(9)}-${10 + r.below(19)}`, false]
    default:
      return [`${random.pick(nouns)}Id`, r => hex(r, 16), false]
  }
}

/** One call as its clients make it. */
export function call(operation: Operation, random: Seeded, id: string): Exchange {
  const query = chosen(operation.query, random)
  const body = chosen(operation.body, random)
  const failed = random.below(40) === 0
  const headers: Record<string, string> = {
    host: 'api.example.com',
    'user-agent': random.pick(agents).replaceAll('V', String(random.below(30))),
    accept: random.pick(['application/json', '*/*']),
    cookie: `session=${hex(random, 32)}; theme=${random.pick(['dark', 'light'])}`,
  }
  if (random.below(3) > 0) headers['accept-language'] = random.pick(['en', 'de-DE,de;q=0.9', 'es'])
  if (random.below(2) > 0) headers['referer'] = `https://www.example.com${operation.path(random)}`
  const writes = operation.body.length > 0
  if (writes) headers['content-type'] = operation.form ? 'application/x-www-form-urlencoded' : 'application/json'
  const path = operation.path(random)
  return {
    id,
    method: operation.method,
    url: query.length === 0 ? path : `${path}?${encoded(query)}`,
    headers,
    body: !writes ? '' : operation.form ? encoded(body) : JSON.stringify(Object.fromEntries(body)),
    status: failed ? random.pick([400, 404, 404, 500]) : writes ? 201 : 200,
    responseHeaders: { 'content-type': 'application/json' },
    responseBody: JSON.stringify(
      failed ? { error: 'it failed' } : Object.fromEntries(chosen(operation.answer, random)),
    ),
  }
}

/** Calls of a world, by weight. */
export function calls(operations: readonly Operation[], count: number, seed: string): Exchange[] {
  const random = seeded(`calls ${seed}`)
  const lot = operations.flatMap(operation => Array.from({ length: operation.weight }, () => operation))
  return Array.from({ length: count }, (_, i) => call(random.pick(lot), random, `${seed}-${i}`))
}

function chosen(list: readonly Parameter[], random: Seeded): [string, string | number | boolean][] {
  return list.filter(({ share }) => random.next() < share).map(({ name, make }) => [name, make(random)])
}

export function encoded(pairs: readonly (readonly [string, unknown])[]): string {
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`).join('&')
}

export function word(random: Seeded): string {
  return Array.from({ length: 1 + random.below(3) }, () => random.pick(syllables)).join('')
}

function sentence(random: Seeded, count: number): string {
  const made = Array.from({ length: count }, () => (random.below(9) === 0 ? String(random.below(300)) : word(random)))
  const text = made.join(random.below(8) === 0 ? ', ' : ' ')
  return random.below(3) === 0
    ? `${text[0]?.toUpperCase()}${text.slice(1)}`
    : random.below(12) === 0
      ? `${text}.`
      : text
}

function hex(random: Seeded, length: number): string {
  return Array.from({ length }, () => random.below(16).toString(16)).join('')
}
