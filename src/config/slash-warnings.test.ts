import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadWritten } from '../../test/support/configuration.ts'
import { formatIssue } from '../core/config-error.ts'

const strict = 'policies: [{ use: token, with: { issuer: "https://a.test/" } }, { use: fussy, with: { rules: [x] } }]'
const open = 'policies: [{ use: anonymous }]'

/** The warnings of a configuration that has only these routes (flow maps without their braces). */
async function warningsOf(...routes: readonly string[]): Promise<readonly string[]> {
  const list = routes.map((route, i) => `  - { name: r${i}, ${route} }\n`).join('')
  const { loaded, issues } = await loadWritten({
    files: {
      'portcullis.yaml': `version: 1
listeners: [{ name: main, address: 127.0.0.1:8080 }]
services: { origin: { targets: [http://127.0.0.1:9000] }, other: { targets: [http://127.0.0.1:9001] } }
routes:
${list}`,
    },
  })
  assert.ok(loaded, (issues ?? []).map(formatIssue).join('\n'))
  return loaded.warnings
}

const route = (path: string, policies: string, match = '', service = 'origin'): string =>
  `match: { path: "${path}"${match} }, service: ${service}, ${policies}`

describe('a path that is guarded only without, or only with, a slash at its end', () => {
  for (const [name, wide, narrow, twin] of [
    ['exact beside everything', '/**', '/admin', '/admin/'],
    ['closed beside everything', '/**', '/admin/', '/admin'],
    ['deep beside a prefix', '/api/**', '/api/admin/users', '/api/admin/users/'],
    ['a variable at the end', '/users/**', '/users/{id}', '/users/{id}/'],
    ['beside a variable and its rest', '/{tenant}/**', '/acme/admin', '/acme/admin/'],
    ['a variable that takes the open form', '/api/{x}', '/api/admin/', '/api/admin'],
  ] as const) {
    it(name, async () => {
      const said = await warningsOf(route(wide, open), route(narrow, strict))
      assert.equal(said.length, 1, said.join('\n'))
      assert.ok(
        said[0]?.includes(`/routes/1/match/path: ${twin} is taken by route r0 (${wide}) without token, fussy;`),
        said.join('\n'),
      )
      assert.match(said[0] ?? '', /alike\n.*match .*\/\*\*, or give/)
    })
  }

  it('with methods, hosts and headers, as the router takes them', async () => {
    const get = ', methods: [GET, POST]'
    const some = (...routes: readonly string[]): Promise<readonly string[]> =>
      warningsOf(route('/admin', strict, get), ...routes)
    // POST still goes to the wide one.
    assert.equal((await some(route('/**', open), route('/admin/', strict, ', methods: [GET]'))).length, 1)
    assert.equal((await some(route('/**', open), route('/admin/', strict, get))).length, 0)
    assert.equal((await some(route('/**', open, ', methods: [DELETE]'))).length, 0)
    // Only some requests have the field; the others go to the wide one.
    assert.equal((await some(route('/**', open), route('/admin/', strict, `${get}, headers: { k: v }`))).length, 1)
    const hosted = route('/admin', strict, ', host: a.test')
    assert.equal((await warningsOf(hosted, route('/**', open, ', host: "*.test"'))).length, 1)
    assert.equal((await warningsOf(hosted, route('/**', open, ', host: b.test'))).length, 0)
    assert.equal(
      (await warningsOf(hosted, route('/**', open), route('/**', strict, ', host: "*.test"'))).length,
      0,
      'the host decides before the path',
    )
  })

  it('some rules are weaker than others', async () => {
    const token = '{ use: token, with: { issuer: "https://a.test/" } }'
    const said = async (narrow: string, wide: string): Promise<string> =>
      (await warningsOf(route('/a', `policies: [${narrow}]`), route('/**', `policies: [${wide}]`))).join('\n')
    assert.match(await said(token, `${token}, { use: anonymous }`), /without token;/)
    assert.match(await said(token, '{ use: token, with: { issuer: "https://b.test/" } }'), /without token;/)
    assert.match(await said(`{ use: limit, with: { limit: 1/s } }, ${token}`, token), /without limit;/)
    const observed = `${token}, { use: fussy, mode: observe, with: { rules: [x] } }`
    assert.match(await said(`${token}, { use: fussy, with: { rules: [x] } }`, observed), /without fussy;/)
    assert.equal(await said(observed, token), '')
    assert.equal(await said(`${token}, { use: keys, with: { keys: { keys: [] } } }`, token), '')
    assert.equal(await said('{ use: anonymous }', token), '')
    assert.equal(await said(token, `${token}, { use: fussy, with: { rules: [x] } }`), '')
  })

  it('nothing is said of routes that cannot be walked around', async () => {
    for (const routes of [
      [route('/admin', strict)],
      [route('/admin', strict), route('/**', strict)],
      [route('/admin/**', strict), route('/**', open)],
      [route('/admin', strict), route('/admin/', strict), route('/**', open)],
      [route('/admin', strict), route('/admin/**', strict), route('/**', open)],
      [route('/admin', strict), route('/{x}', open)],
      [route('/admin', strict), route('/**', open, '', 'other')],
      [route('/', strict), route('/**', open)],
    ] as const)
      assert.deepEqual(await warningsOf(...routes), [], routes.join('\n'))
  })
})
