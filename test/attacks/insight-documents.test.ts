import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { portcullis } from '../support/command.ts'

// Documents that somebody poisoned, on the command line of the one who reads them.

const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-poison-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, content: string): string {
  const file = path.join(folder, name)
  writeFileSync(file, content)
  return file
}

/** What a terminal would obey, or what turns the order of reading. */
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/
describe('poisoned documents', { timeout: 120_000 }, () => {
  const traffic = Array.from({ length: 30 }, (_, i) =>
    JSON.stringify({
      time: new Date(1795341600000 + i * 1000).toISOString(),
      id: `a${i}`,
      method: 'GET',
      host: 'shop.example',
      path: `/orders/${i}`,
      service: 'shop',
      target: 'http://10.0.0.1:80',
      upstreamStatus: 200,
      status: 200,
    }),
  ).join('\n')

  const openapi = (rest: object): object => ({ openapi: '3.1.0', info: { title: 'shop', version: '1' }, ...rest })
  const deep = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  const wide = (schema: object): object =>
    openapi({
      paths: {
        '/orders/{id}': {
          get: {
            parameters: [{ name: 'id', in: 'path', required: true, schema }],
            responses: { 200: { description: 'x', content: { 'application/json': { schema } } } },
          },
        },
      },
    })
  const reference = (name: string): object => ({ $ref: `#/components/schemas/${name}` })

  function poisons(port: number): Array<readonly [what: string, text: string]> {
    const secret = write('secret.txt', 'canary: of-the-disk')
    const laughs = [
      'a: &a0 [x, x, x, x, x, x, x, x, x, x]',
      ...Array.from(
        { length: 12 },
        (_, i) => `b${i}: &a${i + 1} [${Array.from({ length: 10 }, () => `*a${i}`).join(', ')}]`,
      ),
    ].join('\n')
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `s${i}`,
        {
          allOf: [reference(`s${i + 1}`), reference(`s${i + 1}`)],
          properties: { a: reference(`s${i + 1}`), b: reference(`s${i + 1}`) },
        },
      ]),
    )
    return [
      [
        'aliases that grow tenfold a line',
        `openapi: 3.1.0\ninfo: { title: shop, version: "1" }\n${laughs}\npaths: {}\n`,
      ],
      [
        'nesting without end',
        `{"openapi":"3.1.0","info":{"title":"shop","version":"1"},"paths":{"/x":{"get":{"x-deep":${deep(60_000)}}}}}`,
      ],
      [
        'a schema nested without end',
        JSON.stringify(wide({})).replaceAll(
          '"schema":{}',
          `"schema":${'{"items":'.repeat(20_000)}{}${'}'.repeat(20_000)}`,
        ),
      ],
      [
        'a reference to itself',
        JSON.stringify({ ...wide(reference('a')), components: { schemas: { a: reference('a') } } }),
      ],
      [
        'references in a circle',
        JSON.stringify({
          ...wide(reference('a')),
          components: {
            schemas: { a: { properties: { b: reference('b') } }, b: { allOf: [reference('a'), reference('b')] } },
          },
        }),
      ],
      [
        'references that double at every step',
        JSON.stringify({ ...wide(reference('s0')), components: { schemas: { ...doubling, s40: { type: 'string' } } } }),
      ],
      [
        'references to files and addresses',
        JSON.stringify({
          ...wide({
            anyOf: [
              { $ref: `file://${secret}` },
              { $ref: './secret.txt' },
              { $ref: '/etc/passwd' },
              { $ref: `http://127.0.0.1:${port}/stolen` },
            ],
          }),
          components: {},
        }),
      ],
      [
        'names of the language',
        `{"openapi":"3.1.0","info":{"title":"shop","version":"1"},"__proto__":{"polluted":1},"paths":{"/__proto__":{"get":{"__proto__":{"x":1},"responses":{}}},"/constructor/{__proto__}":{"get":{"parameters":[{"name":"__proto__","in":"query","schema":{"__proto__":{"type":"string"}}}]}}}}`,
      ],
      [
        '20,000 paths',
        JSON.stringify(
          openapi({
            paths: Object.fromEntries(
              Array.from({ length: 20_000 }, (_, i) => [`/p${i}/{x}/q${i}`, { get: { responses: {} } }]),
            ),
          }),
        ),
      ],
      [
        'a path of thousands of variables',
        JSON.stringify(
          openapi({
            paths: {
              [`/${Array.from({ length: 5000 }, (_, i) => `{v${i}}`).join('/')}`]: { get: { responses: {} } },
              [`/${'{'.repeat(5000)}`]: { get: {} },
              [`/${'{a}'.repeat(3000)}`]: { get: {} },
            },
          }),
        ),
      ],
      [
        'an expression that never ends',
        JSON.stringify(
          wide({
            type: 'string',
            pattern: '^(a+)+$',
            enum: Array.from({ length: 50_000 }, (_, i) => `${'a'.repeat(30)}${i}`),
          }),
        ),
      ],
      [
        'everything of another kind',
        JSON.stringify({
          openapi: '3.1.0',
          info: [],
          servers: 7,
          paths: { '/x': [1], '/y': { get: 'x', parameters: {} }, '/z': null },
          components: { schemas: 'x', securitySchemes: [[]] },
          security: [7, { x: 1 }],
        }),
      ],
      ['no document at all', '\u0000\u0001\u0002'],
      ['a line of ten megabytes', `openapi: "${'x'.repeat(10_000_000)}"`],
      [
        'tags of programs',
        'openapi: !!js/function "function(){process.exit(9)}"\ninfo: !!python/object/apply:os.system ["touch owned"]\npaths: {}\n',
      ],
    ]
  }

  it('end in words or in a list, within little memory, and fetch nothing', async () => {
    const asked: string[] = []
    const server = createServer((req, res) => {
      asked.push(req.url ?? '')
      res.end('{}')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    write('traffic', traffic)
    try {
      for (const [what, text] of poisons((server.address() as AddressInfo).port)) {
        const file = write('poison.yaml', text)
        const { code, stdout, stderr } = await portcullis(
          folder,
          ['inventory', 'list', '--openapi', `shop=${file}`, 'traffic'],
          320,
        )
        assert.ok(code === 0 || code === 1, `${what}: ended with ${code}, ${stderr.slice(-2000)}`)
        assert.doesNotMatch(
          stderr,
          /\n {4}at |heap out of memory|Maximum call stack/,
          `${what}: ${stderr.slice(0, 2000)}`,
        )
        assert.ok(stderr.length < 20_000, `${what}: ${stderr.length} characters of complaints`)
        assert.doesNotMatch(stdout + stderr, /of-the-disk|root:x/, what)
        // Whatever the document said, the calls are known.
        if (code === 0) assert.match(stdout, /\/orders\/\{\w+\} +30/, `${what}: ${stdout.slice(0, 500)}`)
      }
    } finally {
      server.close()
    }
    assert.deepEqual(asked, [])
  })

  it('of a cluster are no better off', async () => {
    write('traffic', traffic)
    const pod = (name: unknown, more: object = {}): object => ({
      kind: 'Pod',
      metadata: { name, namespace: 'x', labels: { app: name }, creationTimestamp: '2026-01-01T00:00:00Z' },
      status: { podIP: '10.0.0.1', startTime: '2026-01-01T00:00:00Z' },
      ...more,
    })
    const cases: ReadonlyArray<readonly [string, string]> = [
      [
        '100,000 pods of one address',
        JSON.stringify({ kind: 'List', items: Array.from({ length: 100_000 }, (_, i) => pod(`p${i}`)) }),
      ],
      [
        'owners in a circle',
        JSON.stringify({
          kind: 'List',
          items: [
            pod('a', {
              metadata: {
                name: 'a',
                uid: '1',
                ownerReferences: [{ kind: 'Pod', name: 'a', uid: '1', controller: true }],
              },
            }),
          ],
        }),
      ],
      [
        'everything of another kind',
        JSON.stringify({
          kind: 'List',
          items: [
            1,
            null,
            [],
            { kind: 'Pod' },
            pod({}),
            pod('x', { status: { podIPs: 'x', startTime: [] } }),
            { kind: '__proto__', metadata: '__proto__' },
          ],
        }),
      ],
      ['nesting without end', `{"kind":"List","items":${'['.repeat(60_000)}${']'.repeat(60_000)}}`],
      ['names that a terminal obeys', JSON.stringify({ kind: 'List', items: [pod('\u001b[31mred')] })],
    ]
    for (const [what, text] of cases) {
      const file = write('objects.json', text)
      const { code, stdout, stderr } = await portcullis(
        folder,
        ['inventory', 'list', '--kubernetes', file, 'traffic'],
        320,
      )
      assert.ok(code === 0 || code === 1, `${what}: ended with ${code}, ${stderr.slice(-2000)}`)
      assert.doesNotMatch(
        stderr,
        /\n {4}at |heap out of memory|Maximum call stack/,
        `${what}: ${stderr.slice(0, 2000)}`,
      )
      assert.doesNotMatch(stdout + stderr, obeyed, what)
      if (code === 0) assert.match(stdout, /\/orders\/\{\w+\} +30/, what)
    }
  })
})
