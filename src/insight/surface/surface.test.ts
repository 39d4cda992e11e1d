import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge, worldOf, type Made, type Who } from '../../../test/support/surface-world.ts'

const idp = 'https://idp.example.com/'
const jwt = { use: 'jwt', with: { issuer: idp, audience: ['shop'], jwks: `${idp}jwks` } }
const keys = {
  use: 'api-key',
  with: { keys: ['a', 'b', 'c'].map(id => ({ id: `key-${id}`, sha256: id.repeat(64), subject: `partner-${id}` })) },
}
const mtls = { use: 'mtls', with: { allow: [{ spiffe: 'spiffe://shop.example/**' }] } }
const base = {
  version: 1,
  listeners: [{ name: 'public', address: '127.0.0.1:8080' }],
  services: { shop: { targets: ['http://127.0.0.1:3000'] }, stock: { targets: ['http://127.0.0.1:3001'] } },
}

const orders: Who = { method: 'mtls', issuer: 'CN=Shop CA,O=Shop Inc', subject: 'spiffe://shop.example/orders' }
const payments: Who = { ...orders, subject: 'spiffe://shop.example/payments' }
const stranger: Who = { ...orders, subject: 'spiffe://shop.example/never-seen' }
const a: Who = { method: 'api-key', subject: 'partner-a' }
const b: Who = { method: 'api-key', subject: 'partner-b' }
const c: Who = { method: 'api-key', subject: 'partner-c' }

async function outcomes(
  world: Awaited<ReturnType<typeof worldOf>>,
  calls: ReadonlyArray<readonly [Who | null, string]>,
) {
  const all: string[] = []
  for (const [who, call] of calls) all.push((await judge(world.after, who, call)).outcome)
  return all
}

describe('the patch', () => {
  const written = {
    ...base,
    routes: [
      { name: 'orders', match: { path: '/orders/**' }, service: 'shop', policies: [keys], reason: 'partners order' },
      { name: 'stock', match: { path: '/stock/{id}' }, service: 'stock', policies: [mtls] },
    ],
  }
  const made: Made[] = [
    { who: a, call: 'GET /orders/{}' },
    { who: b, call: 'GET /orders/{}' },
    { who: b, call: 'POST /orders' },
    { who: orders, call: 'GET /stock/{}', service: 'stock' },
    { who: orders, call: 'PUT /stock/{}', service: 'stock' },
    { who: payments, call: 'GET /stock/{}', service: 'stock' },
  ]

  it('lets through all that was used, and refuses all that was not', async () => {
    const world = await worldOf(written, made)
    for (const { who, call } of made) {
      assert.equal((await judge(world.before, who, call)).outcome, 'forwarded', call)
      const after = await judge(world.after, who, call)
      assert.equal(after.outcome, 'forwarded', `${who?.subject} ${call}: ${after.reason}`)
    }
    const unused: Array<readonly [Who | null, string]> = [
      [a, 'POST /orders'],
      [c, 'GET /orders/{}'],
      [c, 'POST /orders'],
      [a, 'DELETE /orders/{}'],
      [b, 'GET /orders'],
      [b, 'GET /orders/{}/items'],
      [payments, 'PUT /stock/{}'],
      [orders, 'DELETE /stock/{}'],
      [stranger, 'GET /stock/{}'],
    ]
    for (const [who, call] of unused) assert.equal((await judge(world.before, who, call)).outcome, 'forwarded', call)
    assert.deepEqual(
      await outcomes(world, unused),
      unused.map(() => 'refused'),
    )
    assert.equal(world.surface.surplusAfter, 0)
    assert.ok(world.surface.surplus > 0)
    assert.equal(world.surface.blast.calls, 0)
    assert.deepEqual(world.surface.notes, [])
  })

  it('keeps the reason on every part, and applied twice it changes nothing', async () => {
    const world = await worldOf(written, made)
    assert.ok(
      world.after.config.routes.filter(({ service }) => service === 'shop').every(({ reason }) => reason !== null),
    )
    const again = await worldOf(world.after.authored as Record<string, unknown>, made)
    assert.deepEqual(again.patch, {})
  })

  it('lets nobody in whom the configuration refuses, whatever a record says', async () => {
    const world = await worldOf(written, made)
    const more: Made[] = [...made, { who: payments, call: 'PUT /stock/{}', service: 'stock' }]
    const again = await worldOf(
      world.after.authored as Record<string, unknown>,
      more.filter(({ who }) => who?.method === 'mtls'),
    )
    assert.equal((await judge(again.after, payments, 'PUT /stock/{}')).outcome, 'refused')
    assert.equal((await judge(again.after, orders, 'PUT /stock/{}')).outcome, 'forwarded')
  })

  it('concludes nothing of a service of which no call was seen', async () => {
    const world = await worldOf(
      written,
      made.filter(({ service }) => service === undefined),
    )
    assert.equal((await judge(world.after, stranger, 'DELETE /stock/{}')).outcome, 'forwarded')
    assert.match(world.surface.notes.join('\n'), /nothing was seen of service stock/)
  })

  it('does not name callers where the record does not say who called', async () => {
    const world = await worldOf(written, [...made, { who: null, call: 'GET /orders/{}' }])
    assert.equal((await judge(world.after, c, 'GET /orders/{}')).outcome, 'forwarded')
    assert.equal((await judge(world.after, a, 'POST /orders')).outcome, 'refused')
    assert.match(world.surface.notes.join('\n'), /of 20 calls nobody knows who made them/)
  })
})

describe('what falls through', () => {
  const wide = { name: 'rest', match: { path: '/**' }, service: 'shop', policies: [{ use: 'anonymous' }] }

  it('a closed route does not leave its calls to a wider one without proof', async () => {
    const written = {
      ...base,
      routes: [wide, { name: 'admin', match: { path: '/admin/**' }, service: 'shop', policies: [keys] }],
    }
    // `/{}/list` would take /admin/list when nothing else did.
    const made: Made[] = [
      ...['alice', 'bob', 'carol'].map((name): Made => ({ who: null, call: `GET /${name}7/list` })),
      { who: null, call: 'GET /{}/list', times: 200 },
    ]
    const world = await worldOf(written, made)
    for (const call of ['GET /admin/list', 'GET /admin/users', 'POST /admin/list'])
      assert.notEqual((await judge(world.after, null, call)).outcome, 'forwarded', call)
    assert.equal((await judge(world.after, null, 'GET /5/list')).outcome, 'forwarded')
  })

  it('methods that a narrow route gives up do not fall to a wider one', async () => {
    const written = {
      ...base,
      routes: [
        { ...wide, stripPrefix: false },
        { name: 'orders', match: { path: '/orders/{id}' }, service: 'shop', policies: [keys] },
      ],
    }
    const made: Made[] = [
      { who: a, call: 'GET /orders/{}' },
      { who: null, call: 'GET /odd(page)' },
      { who: null, call: 'DELETE /things/{}' },
    ]
    const world = await worldOf(written, made)
    assert.equal((await judge(world.after, a, 'GET /orders/{}')).outcome, 'forwarded')
    for (const call of ['DELETE /orders/{}', 'POST /orders/{}'])
      for (const who of [a, b, null]) assert.equal((await judge(world.after, who, call)).outcome, 'refused', call)
  })

  it('a new route does not take calls that another route answered by a header', async () => {
    const written = {
      ...base,
      routes: [
        wide,
        {
          name: 'beta',
          match: { path: '/orders/**', headers: { 'x-beta': '1' } },
          service: 'shop',
          policies: [keys],
        },
      ],
    }
    const world = await worldOf(written, [{ who: null, call: 'GET /orders/list' }])
    const { after } = world
    const beta = after.config.routes.filter(route => route.match.headers['x-beta'] === '1')
    assert.ok(beta.length > 0, 'calls with the header still need a key')
    assert.ok(beta.every(route => route.policies.some(({ use }) => use === 'api-key')))
  })
})

describe('people', () => {
  const written = {
    ...base,
    routes: [{ name: 'shop', match: { path: '/**' }, service: 'shop', policies: [jwt] }],
  }

  it('are judged together: what some of them use stays open to all of them, and the rest is closed', async () => {
    const user = (n: number): Who => ({ method: 'jwt', issuer: idp, subject: `user-${n}` })
    const made = Array.from({ length: 100 }, (_, n): Made[] => [
      { who: user(n), call: 'GET /products', times: 5 },
      ...(n % 9 === 0 ? [{ who: user(n), call: 'POST /orders' as const, times: 1 }] : []),
    ]).flat()
    const world = await worldOf(written, made)
    assert.equal((await judge(world.after, user(1), 'POST /orders')).outcome, 'forwarded')
    assert.equal((await judge(world.after, user(4711), 'GET /products')).outcome, 'forwarded')
    assert.equal((await judge(world.after, user(1), 'DELETE /orders')).outcome, 'refused')
    assert.equal(world.surface.blast.calls, 0)
  })

  it('that few came in a short time does not make them all that there are', async () => {
    const user = (n: number): Who => ({ method: 'jwt', issuer: idp, subject: `user-${n}` })
    const made = [1, 2, 3].map((n): Made => ({ who: user(n), call: 'GET /products', times: 50 }))
    const world = await worldOf(written, made)
    assert.equal((await judge(world.after, user(4), 'GET /products')).outcome, 'forwarded')
    const later = made.map((one): Made => ({ ...one, day: 10 }))
    const known = await worldOf(written, [...made, ...later])
    assert.equal((await judge(known.after, user(4), 'GET /products')).outcome, 'refused')
    assert.equal((await judge(known.after, user(3), 'GET /products')).outcome, 'forwarded')
    const growing = await worldOf(written, [
      ...made,
      ...later,
      { who: user(5), call: 'GET /products', day: 10 },
      { who: user(6), call: 'GET /products', day: 10 },
    ])
    assert.equal((await judge(growing.after, user(4), 'GET /products')).outcome, 'forwarded')
  })

  it('a caller whose calls still change keeps what the others use', async () => {
    const mesh = { ...written, routes: [{ ...written.routes[0], policies: [mtls] }] }
    const clerk: Who = { ...orders, subject: 'spiffe://shop.example/clerk' }
    const made: Made[] = [
      { who: orders, call: 'GET /products', times: 500 },
      { who: orders, call: 'POST /orders', times: 50 },
      { who: payments, call: 'GET /products', times: 500 },
      { who: clerk, call: 'GET /products', times: 1 },
    ]
    const careful = await worldOf(mesh, made)
    assert.equal((await judge(careful.after, clerk, 'POST /orders')).outcome, 'forwarded')
    assert.equal((await judge(careful.after, payments, 'POST /orders')).outcome, 'refused')
    const strict = await worldOf(mesh, made, { strict: true })
    assert.equal((await judge(strict.after, clerk, 'POST /orders')).outcome, 'refused')
    assert.equal((await judge(strict.after, clerk, 'GET /products')).outcome, 'forwarded')
  })
})

describe('hostile names', () => {
  it('are written so that they mean themselves, and nothing else', async () => {
    const written = {
      ...base,
      routes: [{ name: 'r', match: { path: '/orders/**' }, service: 'shop', policies: [jwt] }],
    }
    const names = [
      'file:/etc/passwd',
      'env:HOME',
      'literal:x',
      'vault:secret',
      '"}\nroutes: []',
      '*alias',
      '&anchor',
      '!!js/function',
      '{flow: 1}',
      '- item',
      '# comment',
      'null',
      'yes',
      '0x10',
      ' lead and trail ',
      'tab\there',
      'line\nbreak',
      '\u202eright to left',
      '\u0000nul',
      '__proto__',
      'constructor',
      '*',
      '(anyone else)',
      '…',
      '<<',
      '$patch: delete',
      'é\u0301',
      '💥',
    ]
    const made = names.map(
      (subject): Made => ({ who: { method: 'jwt', issuer: idp, subject }, call: 'GET /orders/{}' }),
    )
    const world = await worldOf(written, made, { strict: true })
    for (const { who, call } of made)
      assert.equal((await judge(world.after, who, call)).outcome, 'forwarded', JSON.stringify(who?.subject))
    for (const subject of ['root', 'x', '', 'routes', 'lead and trail', 'é', 'toString', 'anyone'])
      if (subject !== '')
        assert.equal(
          (await judge(world.after, { method: 'jwt', issuer: idp, subject }, 'GET /orders/{}')).outcome,
          'refused',
          subject,
        )
    assert.equal(world.surface.surplusAfter, 0)
  })

  it('that cannot be written down leave the place to all', async () => {
    const written = { ...base, routes: [{ name: 'r', match: { path: '/o' }, service: 'shop', policies: [jwt] }] }
    for (const subject of ['x'.repeat(400), 'half \ud800 surrogate']) {
      const made: Made[] = [{ who: { method: 'jwt', issuer: idp, subject }, call: 'GET /o' }]
      const world = await worldOf(written, made, { strict: true })
      assert.equal((await judge(world.after, { method: 'jwt', issuer: idp, subject }, 'GET /o')).outcome, 'forwarded')
      assert.equal((await judge(world.after, { method: 'jwt', issuer: idp, subject }, 'POST /o')).outcome, 'refused')
      assert.equal(world.surface.notes.length, 1)
    }
  })
})

describe('templates', () => {
  it('a variable of the route stays one, whatever values were seen', async () => {
    const written = {
      ...base,
      routes: [
        { name: 'topics', match: { path: '/teams/{tenant}/topics/{topic}' }, service: 'shop', policies: [keys] },
        { name: 'rest', match: { path: '/shops/{tenant}/**' }, service: 'shop', policies: [keys] },
      ],
    }
    const world = await worldOf(written, [
      { who: a, call: 'GET /teams/acme/topics/news' },
      { who: a, call: 'GET /shops/acme/status' },
    ])
    const { after } = world
    for (const call of ['GET /teams/other/topics/offers', 'GET /shops/other/status'])
      assert.equal((await judge(after, a, call)).outcome, 'forwarded', call)
    for (const call of ['POST /teams/acme/topics/news', 'GET /shops/acme/other', 'DELETE /shops/acme/status'])
      assert.equal((await judge(after, a, call)).outcome, 'refused', call)
  })

  it('calls whose template was joined too widely stay where they were taken', async () => {
    const written = {
      ...base,
      routes: [
        { name: 'topics', match: { path: '/t/{tenant}/topics/{topic}' }, service: 'shop', policies: [keys] },
        { name: 'rest', match: { path: '/x/{tenant}/**' }, service: 'shop', policies: [keys] },
        { name: 'never', match: { path: '/y/{tenant}/**' }, service: 'shop', policies: [keys] },
      ],
    }
    const made: Made[] = [
      { who: a, call: 'GET /t/acme/topics/news', route: 'topics' },
      { who: a, call: 'GET /x/acme/status', route: 'rest' },
    ]
    const world = await worldOf(written, made, {
      change: operation => ({ ...operation, template: operation.template.replace(/^\/[tx]\//, '/{id}/') }),
    })
    assert.equal((await judge(world.after, a, 'GET /t/acme/topics/news')).outcome, 'forwarded')
    assert.equal((await judge(world.after, a, 'GET /x/acme/status')).outcome, 'forwarded')
    for (const call of ['POST /t/acme/topics/news', 'POST /x/acme/other', 'GET /y/acme/status'])
      assert.equal((await judge(world.after, a, call)).outcome, 'refused', call)
    assert.equal((await judge(world.after, b, 'GET /t/acme/topics/news')).outcome, 'refused')
  })

  it('a route beside the one that took the calls is not used, though its path is of the same template', async () => {
    const written = {
      ...base,
      routes: [
        { name: 'orders', match: { path: '/orders/{id}' }, service: 'shop', policies: [keys] },
        { name: 'export', match: { path: '/orders/export' }, service: 'shop', policies: [keys] },
      ],
    }
    const world = await worldOf(written, [{ who: a, call: 'GET /orders/{}', route: 'orders' }])
    assert.equal((await judge(world.after, a, 'GET /orders/{}')).outcome, 'forwarded')
    assert.equal((await judge(world.after, a, 'GET /orders/export')).outcome, 'refused')
  })

  it('no route is cut out of one whose prefix is stripped when it would strip more', async () => {
    const written = {
      ...base,
      routes: [{ name: 'shop', match: { path: '/shop/**' }, stripPrefix: true, service: 'shop', policies: [keys] }],
    }
    const world = await worldOf(written, [{ who: a, call: 'GET /shop/orders/{}' }])
    assert.ok(world.after.config.routes.every(route => !route.stripPrefix || route.match.path === '/shop/**'))
    assert.equal((await judge(world.after, a, 'GET /shop/orders/{}')).outcome, 'forwarded')
    for (const call of ['DELETE /shop/orders/{}', 'POST /shop/orders'])
      assert.equal((await judge(world.after, a, call)).outcome, 'refused', call)
    assert.equal((await judge(world.after, b, 'GET /shop/orders/{}')).outcome, 'refused')
    assert.match(world.surface.notes.join('\n'), /stripPrefix/)
  })
})
