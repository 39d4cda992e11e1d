import { setTimeout } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { createWallet } from '../caller.ts'
import { serviceNamed } from '../estate.ts'
import { pathOf } from '../exchange.ts'
import type { Operation } from '../operation.ts'
import { createRandom } from '../random.ts'
import { requestFor } from '../request.ts'
import type { LiveVisits } from './visitors.ts'

const startAfterMs = 15_000
const everyMs = 30
const calls = 1_500

/** One customer who, after a while, goes through other people's orders one by one; gives up when the gateway has refused often enough. */
export async function stealOrders({ world, tokens, base, ca }: LiveVisits, signal: AbortSignal): Promise<void> {
  await pause(startAfterMs, signal)
  const dispatcher = new Agent({ allowH2: false, connect: { ca, servername: 'localhost' } })
  const random = createRandom('thief')
  const wallet = createWallet(world.random, tokens)
  const person = world.people[0]
  const operation = readOrder()
  if (person === undefined || operation === undefined) throw new Error('the bed has no order to steal')
  const caller = { kind: 'person', person, address: '', agent: 'python-requests/2.32', traces: false } as const
  let refused = 0
  for (let n = 0; n < calls && refused < 50 && !signal.aborted; n++) {
    const params = { orderId: String(world.id('orderId', { person: random.pick(world.people), random, day: 0 })) }
    const sent = requestFor(operation, params, {
      random,
      release: 3,
      now: Date.now(),
      person,
      another: () => random.pick(world.people),
      id: () => params.orderId,
      params,
    })
    const shown = wallet.show(caller, operation, Date.now(), random)
    try {
      const { body, statusCode } = await request(`${base}${pathOf(sent)}`, {
        dispatcher,
        method: sent.method,
        headers: {
          ...Object.fromEntries(shown.headers),
          host: serviceNamed(operation.service).host,
          'user-agent': caller.agent,
        },
        signal,
      })
      await body.dump()
      if (statusCode === 403) refused++
    } catch {
      // The gateway is ending.
    }
    await pause(everyMs, signal)
  }
  await dispatcher.destroy()
}

function readOrder(): Operation | undefined {
  return serviceNamed('orders').operations.find(
    ({ method, template }) => method === 'GET' && template === '/orders/{orderId}',
  )
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal }).catch(() => {})
}
