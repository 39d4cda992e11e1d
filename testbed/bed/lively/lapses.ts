import type { Actor } from '../actor.ts'
import type { Operation } from '../operation.ts'
import type { Random } from '../random.ts'
import type { Sender, Sending } from '../sender.ts'
import type { ObjectShape } from '../shape.ts'
import type { Step } from '../steps.ts'

/** Ids that people type from paper or from a mail. */
const typed = new Set(['orderId', 'voucher', 'trackingCode', 'memberNumber', 'parcelNumber', 'returnId', 'invoiceId'])

export interface Lapses {
  readonly made: Step[]
  /** Until the right call comes, ms. */
  readonly takesMs: number
  /** The right call never comes. */
  readonly givesUp: boolean
}

const none: Lapses = { made: [], takesMs: 0, givesUp: false }

/** What goes wrong before a call: a password, a digit, a form, a session that has ended meanwhile. */
export function lapsesOf(
  sender: Sender,
  actor: Actor,
  {
    operation,
    timeMs,
    random,
    ids,
  }: {
    readonly operation: Operation
    readonly timeMs: number
    readonly random: Random
    readonly ids: ReadonlyMap<string, string | number>
  },
): Lapses {
  const chance = random.fork('lapse')
  const send = (who: Actor, atMs: number, sending: Omit<Sending, 'timeMs' | 'random'>): Step => {
    const own = chance.fork(`send/${atMs}`)
    return { timeMs: atMs, run: () => sender.send(who, operation, { ...sending, timeMs: atMs, random: own }) }
  }
  const given = Object.fromEntries(ids)

  if (operation.template.startsWith('/login')) {
    if (!chance.chance(0.06)) return none
    const forgotten = chance.chance(0.08)
    const made: Step[] = []
    let takesMs = 0
    for (let tries = forgotten ? chance.between(3, 6) : chance.chance(0.25) ? 2 : 1; tries > 0; tries--) {
      made.push(send(actor, timeMs + takesMs, { bend: { status: 401 } }))
      takesMs += Math.floor(chance.around(9_000, 0.5)) + 1_500
    }
    return { made, takesMs, givesUp: forgotten && chance.chance(0.6) }
  }

  const variable = operation.variables.find(name => typed.has(name))
  if (variable !== undefined && chance.chance(0.008)) {
    const wrong = mistyped(String(given[variable] ?? ''), chance)
    const made = [send(actor, timeMs, { ids: { ...given, [variable]: wrong }, bend: { status: 404 } })]
    return { made, takesMs: Math.floor(chance.around(8_000, 0.5)) + 1_000, givesUp: false }
  }

  if ((operation.proof === 'token' || operation.proof === 'operator') && chance.chance(0.003))
    return { made: [send({ ...actor, proof: 'expired' }, timeMs, { ids: given })], takesMs: 900, givesUp: false }

  if (isForm(operation) && chance.chance(0.006)) {
    const made = [send(actor, timeMs, { ids: given, bend: { body: usual => slipped(usual, operation, chance) } })]
    return { made, takesMs: Math.floor(chance.around(12_000, 0.5)) + 1_000, givesUp: false }
  }
  return none
}

/** The gateway checks its body. */
function isForm({ body, bodyType, route = {} }: Operation): boolean {
  return body !== undefined && bodyType === undefined && route.schema !== false && route.observed !== true
}

/** A field is left out, or empty. */
function slipped(usual: unknown, { body }: Operation, random: Random): unknown {
  if (body === undefined || !('fields' in body)) return {}
  const names = Object.entries((body as ObjectShape).fields)
    .filter(([, field]) => !('share' in field) && !('since' in field))
    .map(([name]) => name)
  if (names.length === 0) return usual
  const missing = random.pick(names)
  return random.chance(0.6)
    ? Object.fromEntries(Object.entries(usual as object).filter(([name]) => name !== missing))
    : { ...(usual as object), [missing]: '' }
}

function mistyped(id: string, random: Random): string {
  const digits = [...id].flatMap((c, i) => (/[0-9]/.test(c) ? [i] : []))
  if (digits.length === 0) return `${id}1`
  const at = random.pick(digits.slice(-4))
  const other = String((Number(id[at]) + random.between(1, 9)) % 10)
  return `${id.slice(0, at)}${other}${id.slice(at + 1)}`
}

const stray = [
  '/favicon.ico',
  '/robots.txt',
  '/apple-touch-icon.png',
  '/manifest.webmanifest',
  '/.well-known/change-password',
  '/product/1',
  '/cart',
  '/index.html',
]

/** What browsers ask for by themselves, and addresses from before the last rebuilding. */
export function strayPaths(
  sender: Sender,
  actor: Actor,
  { timeMs, random }: { readonly timeMs: number; readonly random: Random },
): Step[] {
  return Array.from({ length: random.chance(0.3) ? 2 : 1 }, (_, n) => {
    const path = stray[random.early(stray.length)] as string
    const at = timeMs + n * 40
    const own = random.fork(String(n))
    return {
      timeMs: at,
      run: () =>
        sender.sendMadeUp(
          { ...actor, kind: 'nobody' },
          { service: random.chance(0.7) ? 'accounts' : 'orders', method: 'GET', path },
          { timeMs: at, random: own },
        ),
    }
  })
}
