import { seeded } from './seeded.ts'

/** A kind of call: how often it comes and what its body looks like. */
export interface BodyKind {
  readonly name: string
  /** Share of all calls. */
  readonly weight: number
  /** One body; `n` counts the calls of this kind since the beginning of time, so that numbers that grow go on growing. */
  body(random: Draw, n: number): unknown
}

const firstNames =
  'Ada Grace Alan Edsger Barbara Margaret Radia Ken Dennis Frances Jean Hedy Katherine Zoë Łukasz Søren Ngọc José Chloé Björn'.split(
    ' ',
  )
const lastNames =
  "Lovelace Hopper Turing Dijkstra Liskov Hamilton Perlman Thompson Ritchie Allen Bartik Lamarr Johnson O'Neil Müller Nowak García Nguyễn Sørensen D'Angelo".split(
    ' ',
  )
const streets =
  'High Street;Church Lane;Mill Road;Hauptstraße;Rue de la Paix;Via Roma;Station Road;Karl-Marx-Allee;Calle Mayor'.split(
    ';',
  )
const cities = 'London;Berlin;Paris;Roma;Madrid;Kraków;København;New York;São Paulo;Bengaluru'.split(';')
const countries = ['GB', 'DE', 'FR', 'IT', 'ES', 'PL', 'DK', 'US', 'BR', 'IN']
const words =
  'please leave parcel at the door ring bell twice call me before noon thanks gift wrap this one fragile careful with dog window broken late'.split(
    ' ',
  )
const adjectives = 'Blue Red Small Large Soft Warm Classic Organic Recycled'.split(' ')
const things = 'T-Shirt;Mug;Poster;Socks;Notebook;Lamp;Chair, oak;Kettle (1.7 l);Café set'.split(';')

// biome-ignore format: a table
export const bodyKinds: readonly BodyKind[] = [
  {
    name: 'order',
    weight: 0.3,
    body: (r, n) => ({
      clientReference: r.uuid(),
      orderNumber: `ORD-${98_000 + n}`,
      channel: r.pick(['web', 'web', 'web', 'app', 'app', 'store', 'phone']),
      currency: r.pick(['EUR', 'EUR', 'GBP', 'USD']),
      customer: {
        id: 1 + r.below(40_000 + n),
        email: `${r.pick(firstNames).toLowerCase().replace(/[^a-z]/g, '')}.${r.below(9999)}@example.${r.pick(['com', 'org', 'net'])}`,
        ...(r.chance(0.7) ? { phone: `+44${7_000_000_000 + r.below(999_999_999)}` } : {}),
        name: `${r.pick(firstNames)} ${r.pick(lastNames)}`,
      },
      lines: Array.from({ length: 1 + r.geometric(0.45) }, () => ({
        sku: `${r.pick(['TS', 'MG', 'PO', 'SO'])}-${1000 + r.below(9000)}`,
        title: `${r.pick(adjectives)} ${r.pick(things)}`,
        quantity: 1 + r.geometric(0.6),
        unitPrice: r.money(3, 1.1),
        ...(r.chance(0.1) ? { discountPercent: r.pick([5, 10, 15, 20, 25, 50]) } : {}),
      })),
      delivery: {
        method: r.pick(['standard', 'standard', 'express', 'pickup']),
        address: { street: `${1 + r.below(250)} ${r.pick(streets)}`, city: r.pick(cities), postcode: String(10_000 + r.below(89_999)), country: r.pick(countries) },
        ...(r.chance(0.3) ? { note: sentence(r) } : {}),
        preferredDate: r.chance(0.5) ? r.date() : null,
      },
      newsletter: r.chance(0.4),
    }),
  },
  {
    name: 'login',
    weight: 0.15,
    body: r => ({ username: `${r.pick(firstNames).toLowerCase()}${r.below(9999)}`, password: r.text(8 + r.below(16)), rememberMe: r.chance(0.5) }),
  },
  {
    name: 'payment',
    weight: 0.15,
    body: (r, n) => ({
      orderId: 98_000 + n - r.below(200),
      amount: Math.round(r.money(30, 1.3) * 100),
      method: { type: 'card', last4: String(r.below(10_000)).padStart(4, '0'), token: `tok_${r.text(24)}`, brand: r.pick(['visa', 'mastercard', 'amex']), expires: { month: 1 + r.below(12), year: 2027 + r.below(6) } },
      idempotencyKey: r.uuid(),
      ...(r.chance(0.05) ? { capture: false } : {}),
    }),
  },
  {
    name: 'telemetry',
    weight: 0.15,
    body: r => ({
      deviceId: r.hex(24),
      at: Math.floor(r.epochS()),
      readings: Array.from({ length: 5 + r.below(20) }, () => ({ sensor: r.pick(['temperature', 'humidity', 'pressure']), value: r.normal(20, 6), unit: r.pick(['C', 'pct', 'hPa']) })),
      battery: r.below(101),
      firmware: r.pick(['1.4.0', '1.4.2', '2.0.1']),
    }),
  },
  {
    name: 'preferences',
    weight: 0.08,
    body: r => ({
      locale: r.pick(['en-GB', 'de-DE', 'fr-FR', 'it-IT']),
      flags: Object.fromEntries(Array.from({ length: 1 + r.below(5) }, () => [`feature_${r.word(7)}`, r.chance(0.5)])),
      quietHours: r.chance(0.2) ? null : { from: `${String(r.below(24)).padStart(2, '0')}:00`, to: '07:00' },
      favourites: Object.fromEntries(Array.from({ length: r.below(4) }, () => [r.uuid(), { addedAt: r.dateTime(), rank: 1 + r.below(50) }])),
    }),
  },
  {
    name: 'review',
    weight: 0.1,
    body: r => ({ productId: r.uuid(), rating: r.pick([5, 5, 5, 4, 4, 3, 2, 1]), title: sentence(r).slice(0, 60), text: Array.from({ length: 1 + r.geometric(0.35) }, () => sentence(r)).join(' '), tags: Array.from({ length: r.below(4) }, () => r.pick(['quality', 'price', 'delivery', 'size', 'colour'])) }),
  },
  {
    name: 'search',
    weight: 0.05,
    body: r => ({ query: r.pick(words), page: 1 + r.geometric(0.5), size: r.pick([10, 20, 50]), sort: r.pick(['price', '-price', 'newest']), filters: { minPrice: r.chance(0.3) ? r.below(100) : null, brands: Array.from({ length: r.below(3) }, () => r.pick(things)) } }),
  },
  {
    name: 'refund',
    weight: 0.02,
    body: (r, n) => ({ paymentId: `pay_${r.text(20)}`, amount: Math.round(r.money(25, 1) * 100), reason: r.pick(['damaged', 'late', 'unwanted', 'fraud']), approvedBy: `agent-${1 + r.below(30)}`, case: `RC${10_000 + n}`, attachments: Array.from({ length: r.below(3) }, () => ({ url: `https://files.example.com/${r.hex(32)}.jpg`, bytes: 20_000 + r.below(4_000_000) })) }),
  },
]
/** What bodies are made of. */
interface Draw {
  fraction(): number
  below(below: number): number
  pick<T>(list: readonly T[]): T
  chance(share: number): boolean
  /** How often a chance of `more` came true in a row. */
  geometric(more: number): number
  normal(mean: number, deviation: number): number
  /** Log-normal with this median and spread, two decimals. */
  money(median: number, spread: number): number
  hex(length: number): string
  text(length: number): string
  word(length: number): string
  uuid(): string
  epochS(): number
  dateTime(): string
  date(): string
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

function drawn(seed: string): Draw {
  const random = seeded(seed)
  const some = (length: number, from: string): string =>
    Array.from({ length }, () => from.charAt(random.below(from.length))).join('')
  /** Box and Muller. */
  const gauss = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  const draw: Draw = {
    fraction: () => random.next(),
    below: below => random.below(below),
    pick: list => random.pick(list),
    chance: share => random.next() < share,
    geometric(more) {
      let count = 0
      while (random.next() < more && count < 200) count++
      return count
    },
    normal: (mean, deviation) => Math.round((mean + deviation * gauss()) * 100) / 100,
    money: (median, spread) => Math.max(0.01, Math.round(median * Math.exp(spread * gauss()) * 100) / 100),
    hex: length => some(length, '0123456789abcdef'),
    text: length => some(length, letters),
    word: length => some(length, 'abcdefghijklmnoprstuvw'),
    uuid: () => `${draw.hex(8)}-${draw.hex(4)}-4${draw.hex(3)}-8${draw.hex(3)}-${draw.hex(12)}`,
    epochS: () => 1_795_000_000 + random.below(86_400),
    dateTime: () => new Date(draw.epochS() * 1000).toISOString(),
    date: () => draw.dateTime().slice(0, 10),
  }
  return draw
}

/** `calls` bodies of a day, by kind in proportion; the same seed gives the same day. */
export function* dayOfBodies(
  seed: string,
  calls: number,
  before: number,
): Generator<{ readonly kind: string; readonly body: unknown }> {
  const random = drawn(seed)
  for (let i = 0; i < calls; i++) {
    let at = random.fraction()
    const kind = bodyKinds.find(({ weight }) => (at -= weight) < 0) ?? (bodyKinds[0] as BodyKind)
    yield { kind: kind.name, body: kind.body(random, before + i) }
  }
}

function sentence(r: Draw): string {
  const text = Array.from({ length: 3 + r.below(9) }, () => r.pick(words)).join(' ')
  return text.charAt(0).toUpperCase() + text.slice(1) + r.pick(['.', '!', '', ' …'])
}
