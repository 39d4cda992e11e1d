import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWorld } from './world.ts'

const mark = (name: string): string =>
  `policies: [{ use: anonymous }, { use: headers, with: { request: { set: { X-Route: ${name} } } } }]`
const routes = `routes:
  - { name: admin, match: { path: /admin/** }, service: origin, ${mark('admin')} }
  - { name: item, match: { path: "/items/:id" }, service: origin, ${mark('item')} }
  - { name: readers, match: { path: /notes/**, methods: [GET] }, service: origin, ${mark('readers')} }
  - { name: writers, match: { path: /notes/**, methods: [POST] }, service: origin, ${mark('writers')} }
  - { name: secret-host, match: { host: secret.example, path: /** }, service: origin, ${mark('secret-host')} }
  - { name: sub-host, match: { host: "*.sub.example", path: /** }, service: origin, ${mark('sub-host')} }
  - { name: matrix, match: { path: "/matrix;v=1/**" }, service: origin, ${mark('matrix')} }
  - { name: rest, match: { path: /** }, service: origin, ${mark('rest')} }
`

/** What a careless service makes of a path: parameters cut, escapes decoded, dots resolved, slashes merged, case kept. */
function carelessly(target: string): string {
  const [path = ''] = target.split('?')
  const decoded = decodeURIComponent(path.replace(/;[^/]*/g, ''))
    .replace(/;[^/]*/g, '')
    .replaceAll('\\', '/')
  return new URL(decoded.replace(/\/{2,}/g, '/'), 'http://x').pathname
}

const tricks = [
  '/admin;x/users',
  '/admin;/users',
  '/admin%3Bx/users',
  '/admin%3bx/users',
  '/;x/admin/users',
  '/x/..;/admin/users',
  '/x/..%3B/admin',
  '/x/..;a=b/admin',
  '/./admin',
  '/x/../admin',
  '/x/%2e%2e/admin',
  '/x/.%2e/admin',
  '/x/%2E./admin',
  '//admin',
  '/%61dmin/users',
  '/%2561dmin/users',
  '/admin%2Fusers',
  '/admin%5cusers',
  '/admin\\users',
  '/x\\..\\admin',
  '/x%5c..%5cadmin',
  '/admin%00',
  '/admin%0a',
  '/admin#/x',
  '/x#/admin',
  '/x?/../admin',
  '/x?a#b',
  '/admin?x',
  '/admin/',
  '/admin',
  '/%c0%ae%c0%ae/admin',
  '/x/%e0%80%ae%e0%80%ae/admin',
  '/x/\u002e\u002e/admin',
  '/admin\t',
  '/x/..',
  '/items/7;v=1',
  '/items/;v=1',
  '/items;x',
  '/*',
  '*',
  '/admin/%',
  '/admin/%zz',
  '/admin/%u0041',
  'admin',
  '?/admin',
  'http://a/admin',
  'http://b/admin',
  'http://a@b/admin',
  'HTTP://A/admin',
  'http:///admin',
  'https://a/admin',
]

test('no spelling of a path is decided by one route and read by a careless service as that of another', async () => {
  await using world = await startWorld(routes, { top: 'workers: 1' })
  let forwarded = 0
  for (const target of tricks) {
    const { status, origin } = await world.attack(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)
    if (origin === '') {
      assert.ok(status >= 400, `${target}: ${status}`)
      continue
    }
    forwarded++
    const sent = /^GET (\S+) HTTP/.exec(origin)?.[1] ?? ''
    const route = /X-Route: (\S+)/.exec(origin)?.[1]
    const read = carelessly(sent)
    const wanted = /^\/admin(?:\/|$)/.test(read) ? 'admin' : /^\/items\/[^/]+$/.test(read) ? 'item' : 'rest'
    assert.equal(route, wanted, `${target} was sent as ${sent}, which reads as ${read}`)
  }
  assert.ok(forwarded > 8, `${forwarded} were forwarded`)
  assert.match((await world.attack('GET /matrix;v=1/x HTTP/1.1\r\nHost: a\r\n\r\n')).origin, /X-Route: matrix/)
  assert.match((await world.attack('GET /free;v=1/x HTTP/1.1\r\nHost: a\r\n\r\n')).origin, /X-Route: rest/)
})

test('a method is what the request line says, and an unknown one gets no route of a known one', async () => {
  await using world = await startWorld(routes, { top: 'workers: 1' })
  const route = async (method: string): Promise<string> => {
    const { status, origin } = await world.attack(`${method} /notes/1 HTTP/1.1\r\nHost: a\r\n\r\n`)
    return origin === '' ? String(status) : (/X-Route: (\S+)/.exec(origin)?.[1] ?? '')
  }
  assert.equal(await route('GET'), 'readers')
  assert.equal(await route('HEAD'), 'readers')
  assert.equal(await route('POST'), 'writers')
  assert.equal(await route('PROPFIND'), 'rest')
  for (const method of ['get', 'Get', 'GET\t', 'GET\0', 'G\u00cbT', 'CONNECT', 'TRACE', '', 'GET/']) {
    const said = await route(method)
    assert.match(said, /^(?:400|405|501)$/, `${JSON.stringify(method)} gave ${said}`)
  }
})

test('a host has one reading: port, root dot and case do not change the route, odd spellings are refused', async () => {
  await using world = await startWorld(routes, { top: 'workers: 1' })
  const route = async (head: string): Promise<string> => {
    const { status, origin } = await world.attack(`GET /x HTTP/1.1\r\n${head}\r\n`)
    return origin === '' ? String(status) : (/X-Route: (\S+)/.exec(origin)?.[1] ?? '')
  }
  for (const host of [
    'secret.example',
    'SECRET.example',
    'secret.example.',
    'secret.example:80',
    'secret.example.:65535',
  ])
    assert.equal(await route(`Host: ${host}\r\n`), 'secret-host', host)
  assert.equal(await route('Host: a.sub.example\r\n'), 'sub-host')
  assert.equal(await route('Host: a.b.sub.example\r\n'), 'rest')
  assert.equal(await route('Host: sub.example\r\n'), 'rest')
  const odd = [
    '',
    'secret.example..',
    '.secret.example',
    'secret.example:',
    'secret.example:x',
    'secret.example:99999',
    'secret.example:80:80',
    'a@secret.example',
    'secret.example/',
    'secret.example#',
    'secret.example?x',
    'secret.example, a',
    'secret.example a',
    'secret%2Eexample',
    'secret\\example',
    'http://secret.example',
    '[::1',
    '[secret.example]',
    '*.sub.example',
    '\u00e4.sub.example',
  ]
  for (const host of odd) {
    const said = await route(`Host: ${host}\r\n`)
    assert.equal(said, '400', `${JSON.stringify(host)} gave ${said}`)
  }
  assert.equal(await route('Host: a\r\nHost: secret.example\r\n'), '400')
  assert.equal(await route('Host: a\r\nH_ost: secret.example\r\n'), 'rest')
  assert.equal(await route('\r\n'.slice(2)), '400')
})
