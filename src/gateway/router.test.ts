import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { type Matched, type RoutePattern, Router, type Unmatched } from './router.ts'

interface Written {
  readonly hosts?: readonly string[]
  readonly methods?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

type Row = readonly [path: string, more?: Written]

function pattern([path, more = {}]: Row, value: string): RoutePattern<string> {
  return { hosts: more.hosts ?? [], path, methods: more.methods ?? [], headers: more.headers ?? {}, value }
}

/** Routes are named by their place: r0, r1 … */
function router(...rows: readonly Row[]): Router<string> {
  const made = new Router<string>()
  for (const [index, row] of rows.entries()) made.add(pattern(row, `r${index}`))
  return made.seal()
}

function ask(
  made: Router<string>,
  path: string,
  method = 'GET',
  host = 'a.example',
  headers: Record<string, string> = {},
): Matched<string> | Unmatched {
  return made.match(host, method, path, name => headers[name])
}

function named(found: Matched<string> | Unmatched): string {
  return 'value' in found ? found.value : `allow ${found.allow.toSorted().join(',')}`.trim()
}

describe('router: what matches', () => {
  const cases: ReadonlyArray<readonly [template: string, good: readonly string[], bad: readonly string[]]> = [
    ['/', ['/'], ['/a', '/a/']],
    ['/a', ['/a'], ['/', '/a/', '/A', '/ab', '/a/b']],
    ['/a/', ['/a/'], ['/a', '/a/b']],
    ['/{x}', ['/a', '/%20'], ['/', '/a/', '/a/b']],
    ['/a/{x}/b', ['/a/1/b', '/a/{x}/b'], ['/a//b', '/a/b', '/a/1/c', '/a/1/2/b']],
    ['/**', ['/', '/a', '/a/b/'], []],
    ['/a/**', ['/a', '/a/', '/a/b', '/a/b/c/'], ['/', '/ab', '/b/a']],
    ['/a/{x}/**', ['/a/1', '/a/1/', '/a/1/2/3'], ['/a', '/a/']],
  ]
  for (const [template, good, bad] of cases) {
    it(template, () => {
      const made = router([template])
      for (const path of good) assert.equal(named(ask(made, path)), 'r0', path)
      for (const path of bad) assert.equal(named(ask(made, path)), 'allow', path)
    })
  }

  it('variables are handed over by name', () => {
    const found = ask(router(['/users/{user}/orders/{order}/**']), '/users/7/orders/9/x')
    assert.ok('value' in found)
    assert.deepEqual({ ...found.params }, { user: '7', order: '9' })
    assert.equal(Object.getPrototypeOf(found.params), null)
  })

  it('a variable that was tried in vain leaves nothing behind', () => {
    const made = router(['/{a}/x/{b}/end'], ['/{c}/{d}/{e}/**'])
    const found = ask(made, '/1/x/2/other')
    assert.ok('value' in found)
    assert.deepEqual([found.value, { ...found.params }], ['r1', { c: '1', d: 'x', e: '2' }])
  })

  it('a wildcard host is exactly one label more', () => {
    const made = router(['/**', { hosts: ['*.example.com'] }])
    for (const host of ['a.example.com', 'x-1.example.com'])
      assert.equal(named(ask(made, '/', 'GET', host)), 'r0', host)
    for (const host of ['example.com', 'a.b.example.com', 'aexample.com', '.example.com', 'a.example.com.evil'])
      assert.equal(named(ask(made, '/', 'GET', host)), 'allow', host)
  })
})

describe('router: the most specific wins, whatever the order', () => {
  const cases: ReadonlyArray<readonly [winner: Row, loser: Row, path: string]> = [
    [['/**', { hosts: ['a.b.c'] }], ['/x', { hosts: ['*.b.c'] }], '/x'],
    [['/**', { hosts: ['*.b.c'] }], ['/x', {}], '/x'],
    [['/**', { hosts: ['a.b.c'] }], ['/x', {}], '/x'],
    [['/x'], ['/{y}'], '/x'],
    [['/x'], ['/**'], '/x'],
    [['/{y}'], ['/**'], '/x'],
    [['/x/**'], ['/{y}/z'], '/x/z'],
    [['/x/{y}'], ['/x/**'], '/x/1'],
    [['/x'], ['/x/**'], '/x'],
    [['/x/{y}/z'], ['/x/{y}/**'], '/x/1/z'],
    [['/x', { headers: { a: '1' } }], ['/x'], '/x'],
    [['/x', { headers: { a: '1', b: '2' } }], ['/x', { headers: { a: '1' } }], '/x'],
    [['/x', { headers: { a: '1' } }], ['/x', { methods: ['GET'] }], '/x'],
    [['/x', { methods: ['GET'] }], ['/x'], '/x'],
  ]
  for (const [winner, loser, path] of cases) {
    it(`${JSON.stringify(winner)} before ${JSON.stringify(loser)}`, () => {
      const headers = { a: '1', b: '2' }
      assert.equal(named(ask(router(winner, loser), path, 'GET', 'a.b.c', headers)), 'r0')
      assert.equal(named(ask(router(loser, winner), path, 'GET', 'a.b.c', headers)), 'r1')
    })
  }

  it('where method or header do not fit, the next most specific route takes the request', () => {
    const made = router(['/x', { methods: ['POST'] }], ['/{y}', { headers: { a: '1' } }], ['/**', { methods: ['GET'] }])
    assert.equal(named(ask(made, '/x', 'POST')), 'r0')
    assert.equal(named(ask(made, '/x', 'PUT', 'h', { a: '1' })), 'r1')
    assert.equal(named(ask(made, '/x', 'GET')), 'r2')
    assert.equal(named(ask(made, '/x', 'PUT')), 'allow GET,HEAD,POST')
  })

  it('backtracks out of a literal that leads nowhere', () => {
    const made = router(['/a/b/c'], ['/{x}/b/d'], ['/{x}/**'])
    assert.equal(named(ask(made, '/a/b/d')), 'r1')
    assert.equal(named(ask(made, '/a/b/e')), 'r2')
  })
})

describe('router: methods', () => {
  it('GET serves HEAD; a stated HEAD does not serve GET', () => {
    assert.equal(named(ask(router(['/x', { methods: ['GET'] }]), '/x', 'HEAD')), 'r0')
    assert.equal(named(ask(router(['/x', { methods: ['HEAD'] }]), '/x', 'GET')), 'allow HEAD')
  })

  it('405 names every method of the path, once, over all its routes and hosts', () => {
    const made = router(
      ['/x', { methods: ['GET', 'PUT'] }],
      ['/{y}', { methods: ['PUT', 'DELETE'] }],
      ['/**', { methods: ['PATCH'], hosts: ['a.example'] }],
    )
    assert.equal(named(ask(made, '/x', 'POST')), 'allow DELETE,GET,HEAD,PATCH,PUT')
    assert.equal(named(ask(made, '/x', 'POST', 'other')), 'allow DELETE,GET,HEAD,PUT')
    assert.equal(named(ask(made, '/x/y', 'POST', 'other')), 'allow')
  })

  it('methods and paths are case-sensitive, and nothing of Object’s shows through', () => {
    const made = router(['/x', { methods: ['GET'] }], ['/y/{constructor}'])
    assert.equal(named(ask(made, '/x', 'get')), 'allow GET,HEAD')
    assert.equal(named(ask(made, '/constructor')), 'allow')
    assert.equal(named(ask(made, '/y/__proto__')), 'r1')
  })
})

describe('router: against a naive matcher', () => {
  const segment = fc.constantFrom('a', 'b', '{x}', '{y}')
  const path = fc
    .tuple(fc.array(segment, { maxLength: 4 }), fc.constantFrom('', '/**', ''))
    .map(([segments, rest]) => (segments.length === 0 ? (rest === '' ? '/' : rest) : `/${segments.join('/')}${rest}`))
  const row = fc.record({
    hosts: fc.constantFrom<readonly string[]>([], [], ['a.b'], ['*.b'], ['a.b', '*.c']),
    path,
    methods: fc.constantFrom<readonly string[]>([], ['GET'], ['POST'], ['GET', 'POST']),
    headers: fc.constantFrom<Readonly<Record<string, string>>>({}, {}, { h: '1' }),
  })
  const requested = fc.record({
    host: fc.constantFrom('a.b', 'x.b', 'x.c', 'z'),
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT'),
    path: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 5 }).map(parts => `/${parts.join('/')}`),
    header: fc.constantFrom(undefined, '1', '2'),
  })

  it('finds the route that the rule names, and 404 or 405 when there is none', () => {
    let found = 0
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), requested, (rows, request) => {
        const made = new Router<string>()
        for (const [index, one] of rows.entries()) made.add({ ...one, value: `r${index}` })
        made.seal()
        const answer = made.match(request.host, request.method, request.path, name =>
          name === 'h' ? request.header : undefined,
        )
        const best = naive(rows, request)
        if ('value' in answer) {
          found++
          // Equal routes are refused by the configuration; here either of two may win.
          assert.ok(best.includes(Number(answer.value.slice(1))), `${answer.value}, not ${best.join()}`)
        } else {
          assert.deepEqual(best, [])
          assert.equal(
            answer.allow.length > 0,
            rows.some(one => fitsPlace(one, request) && fitsHeaders(one, request)),
          )
        }
      }),
      { numRuns: 5000 },
    )
    assert.ok(found > 300, `${found} matches`)
  })

  it('the time for one look-up does not grow with the product of the routes', () => {
    const made = new Router<number>()
    const words = ['a', '{x}']
    for (let bits = 0; bits < 2048; bits++) {
      const template = Array.from({ length: 11 }, (_, i) => words[(bits >> i) & 1]).join('/')
      made.add({ hosts: [], path: `/${template}/end`, methods: [], headers: {}, value: bits })
    }
    made.seal()
    let looked = 0
    const found = made.match('h', 'GET', `/${'a/'.repeat(11)}other`, () => {
      looked++
      return undefined
    })
    assert.deepEqual(found, { allow: [] })
    assert.equal(looked, 0)
  })
})

type Wanted = { host: string; method: string; path: string; header: string | undefined }
type Given = {
  hosts: readonly string[]
  path: string
  methods: readonly string[]
  headers: Readonly<Record<string, string>>
}

/** Indices of the best routes by the documented rule, by comparing all of them. */
function naive(rows: readonly Given[], request: Wanted): number[] {
  const fitting = rows
    .map((one, index) => ({ one, index }))
    .filter(({ one }) => fitsPlace(one, request) && fitsHeaders(one, request) && fitsMethod(one, request))
    .map(({ one, index }) => ({ index, rank: rank(one, request) }))
  const top = fitting
    .map(({ rank: of }) => of)
    .toSorted()
    .at(-1)
  return fitting.filter(({ rank: of }) => of === top).map(({ index }) => index)
}

function fitsPlace(one: Given, { host, path }: Wanted): boolean {
  return hostRank(one, host) > 0 && expression(one.path).test(path)
}

function fitsHeaders(one: Given, { header }: Wanted): boolean {
  return one.headers['h'] === undefined || one.headers['h'] === header
}

function fitsMethod(one: Given, { method }: Wanted): boolean {
  return one.methods.length === 0 || one.methods.includes(method) || (method === 'HEAD' && one.methods.includes('GET'))
}

function hostRank(one: Given, host: string): number {
  if (one.hosts.length === 0) return 1
  if (one.hosts.includes(host)) return 3
  return one.hosts.some(
    known => known.startsWith('*.') && host.slice(host.indexOf('.') + 1) === known.slice(2) && host.includes('.'),
  )
    ? 2
    : 0
}

function expression(template: string): RegExp {
  const body = template.replace(/\/\*\*$/, '(?:/.*)?').replace(/\{\w\}/g, '[^/]+')
  return new RegExp(`^${body === '(?:/.*)?' ? '/.*' : body}$`)
}

/** Larger is more specific; compared as text. */
function rank(one: Given, { host }: Wanted): string {
  const segments = one.path
    .slice(1)
    .split('/')
    .map(part => (part === '**' ? '0' : part.startsWith('{') ? '2' : '3'))
    .join('')
  // The end of a path is more specific than `**` in the same place and can only stand against that.
  return `${hostRank(one, host)} ${segments.padEnd(8, '1')} ${Object.keys(one.headers).length} ${one.methods.length === 0 ? 0 : 1}`
}
