import { request } from 'undici'
import type { Dispatcher } from 'undici'

export interface World {
  readonly base: string
  readonly dispatcher: Dispatcher
  /** Access token by user. */
  readonly tokens: ReadonlyMap<string, string>
  readonly partnerKey: string
}

interface Step {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T
const product = (): number => 1 + Math.floor(Math.random() * 14)

/** What a customer does in one visit: browse, read, order now and then. */
function visit(): Step[] {
  const id = product()
  const browse: Step[] = [
    { path: `/products?category=${pick(['tea', 'cups', 'tools'])}` },
    { path: `/products/${id}` },
    { path: `/products/${id}/reviews` },
  ]
  const order: Step[] = [
    {
      method: 'POST',
      path: '/orders',
      body: { items: [{ productId: id, quantity: 1 + Math.floor(Math.random() * 3) }] },
    },
    { path: '/orders' },
  ]
  const review: Step[] = [
    { method: 'POST', path: `/products/${id}/reviews`, body: { stars: pick([3, 4, 5]), text: 'As described.' } },
  ]
  return [
    { path: '/users/me' },
    ...browse,
    ...(Math.random() < 0.4 ? order : []),
    ...(Math.random() < 0.2 ? review : []),
  ]
}

/** What attackers try; every one of these is refused, each for a reason of its own. */
const attacks: ReadonlyArray<(world: World) => Step> = [
  () => ({ path: '/orders', headers: { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.' } }),
  () => ({ path: '/orders' }),
  () => ({ path: '/products/%2e%2e/admin/stats' }),
  () => ({
    path: '/admin/stats',
    headers: { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` },
  }),
  () => ({ path: '/feed', headers: { 'x-api-key': 'pck_guessed' } }),
  ({ tokens }) => ({
    method: 'POST',
    path: '/orders',
    headers: { authorization: `Bearer ${tokens.get('mallory')}` },
    body: { items: [{ productId: 1, quantity: 1 }] },
  }),
  ({ tokens }) => ({
    method: 'POST',
    path: '/orders',
    headers: { authorization: `Bearer ${tokens.get('dave')}` },
    body: { items: [{ productId: 1, quantity: 1, price: 0.01 }] },
  }),
  () => ({ path: '/warehouse/keys' }),
]

/** Customers with time to think, a partner that fetches the feed, and now and then an attacker, until `signal` aborts. */
export async function shop(world: World, signal: AbortSignal): Promise<void> {
  const customers = ['alice', 'bob', 'carol', 'dave', 'erin'].map(async login => {
    while (!signal.aborted) {
      for (const step of visit()) {
        await send(world, { ...step, headers: { authorization: `Bearer ${world.tokens.get(login)}` } }, signal)
        await pause(30 + Math.random() * 40, signal)
      }
    }
  })
  const partner = (async () => {
    while (!signal.aborted) {
      await send(world, { path: '/feed', headers: { 'x-api-key': world.partnerKey } }, signal)
      await pause(1500, signal)
    }
  })()
  const attackers = (async () => {
    while (!signal.aborted) {
      await pause(300 + Math.random() * 900, signal)
      await send(world, pick(attacks)(world), signal)
    }
  })()
  await Promise.all([...customers, partner, attackers])
}

async function send(world: World, step: Step, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  try {
    const response = await request(world.base + step.path, {
      dispatcher: world.dispatcher,
      method: step.method ?? 'GET',
      headers: { ...step.headers, ...(step.body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(step.body === undefined ? {} : { body: JSON.stringify(step.body) }),
      signal,
    })
    await response.body.dump()
  } catch {
    // The gateway is ending, or is being started again by hand: the next step will tell.
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}
