import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Order, products, users } from './stock.ts'

// The shop's API. It believes the gateway: who calls stands in X-User, which no client can send.

const orders: Order[] = users.slice(0, 3).map(({ login }, index) => ({
  id: 1000 + index,
  login,
  status: 'open',
  total: 15,
  items: [{ productId: index + 1, quantity: 2 }],
}))
const payments: Array<{ id: number; orderId: number; amount: number }> = []
const reviews = new Map<number, Array<{ by: string; stars: number; text: string }>>([
  [1, [{ by: 'carol', stars: 5, text: 'Malty.' }]],
])

type Answer = readonly [status: number, body: unknown]
const none: Answer = [404, { error: 'there is none' }]

interface Call {
  readonly id: number
  readonly login: string
  readonly query: URLSearchParams
  readonly body: Record<string, unknown>
}

const operations: Record<string, (call: Call) => Answer> = {
  'GET /health': () => [200, { status: 'ok' }],
  'GET /products': ({ query }) => {
    const category = query.get('category')
    return [
      200,
      products
        .filter(product => category === null || product.category === category)
        .slice(0, Number(query.get('limit') ?? 20)),
    ]
  },
  'GET /products/{id}': ({ id }) => found(products.find(product => product.id === id)),
  'GET /products/{id}/reviews': ({ id }) => [200, reviews.get(id) ?? []],
  'POST /products/{id}/reviews': ({ id, login, body }) => {
    const review = { by: login, stars: Number(body['stars']), text: String(body['text']) }
    reviews.set(id, [...(reviews.get(id) ?? []), review].slice(-20))
    return [201, review]
  },
  'GET /users/me': ({ login }) => found(users.find(user => user.login === login)),
  'PATCH /users/me': ({ login, body }) => {
    const user = users.find(one => one.login === login)
    if (user !== undefined)
      Object.assign(user, { name: body['name'] ?? user.name, address: body['address'] ?? user.address })
    return found(user)
  },
  'GET /users/{id}': ({ id }) => {
    const user = users.find(one => one.id === id)
    return user === undefined ? none : [200, { id: user.id, name: user.name }]
  },
  'GET /orders': ({ login }) => [200, orders.filter(order => order.login === login)],
  'POST /orders': ({ login, body }) => {
    const items = body['items'] as Order['items']
    const total = items.reduce(
      (sum, { productId, quantity }) => sum + quantity * (products.find(({ id }) => id === productId)?.price ?? 0),
      0,
    )
    const order: Order = { id: 1000 + orders.length, login, status: 'open', total, items }
    orders.push(order)
    return [201, order]
  },
  'GET /orders/{id}': ({ id, login }) => found(orders.find(order => order.id === id && order.login === login)),
  'DELETE /orders/{id}': ({ id, login }) => {
    const order = orders.find(one => one.id === id && one.login === login && one.status === 'open')
    return order === undefined ? none : [204, null]
  },
  'POST /payments': ({ body }) => {
    const payment = { id: payments.length + 1, orderId: Number(body['orderId']), amount: Number(body['amount']) }
    payments.push(payment)
    const order = orders.find(({ id }) => id === payment.orderId)
    if (order !== undefined) order.status = 'paid'
    return [201, payment]
  },
  'GET /payments/{id}': ({ id }) => found(payments.find(payment => payment.id === id)),
  'GET /feed': () => [200, products],
  'GET /admin/stats': () => [200, { users: users.length, orders: orders.length, payments: payments.length }],
}

function found(thing: unknown): Answer {
  return thing === undefined ? none : [200, thing]
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://shop')
  let id = 0
  const template = url.pathname.replace(/\/(\d+)(?=\/|$)/, (_match, digits: string) => {
    id = Number(digits)
    return '/{id}'
  })
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const operation = operations[`${request.method} ${template}`]
  let result: Answer = none
  try {
    const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>)
    if (operation !== undefined)
      result = operation({ id, login: String(request.headers['x-user'] ?? ''), query: url.searchParams, body })
  } catch (error) {
    result = [400, { error: String(error) }]
  }
  const [status, body] = result
  if (status === 204) response.writeHead(204).end()
  else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy())
})
server.keepAliveTimeout = 60_000
server.listen(Number(process.env['PORT'] ?? 9001), '127.0.0.1', () => process.stdout.write('shop ready\n'))
