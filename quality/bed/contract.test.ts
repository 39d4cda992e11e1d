import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { changed, changeKinds } from './changes.ts'
import type { SentCall } from './calls.ts'
import { contractOf } from './contract.ts'
import { seeded } from '../traffic/seeded.ts'

const judge = contractOf({
  paths: {
    '/orders/{id}': {
      get: {
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } },
          { name: 'page', in: 'query', required: true, schema: { type: 'integer', maximum: 50 } },
          { name: 'x-mode', in: 'header', schema: { type: 'string', enum: ['a'] } },
        ],
      },
    },
    '/orders/latest': { get: {} },
    '/orders': {
      post: {
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                additionalProperties: false,
                required: ['sku'],
                properties: { sku: { type: 'string', maxLength: 9 }, amount: { type: 'integer', maximum: 9 } },
              },
            },
          },
        },
      },
    },
  },
})

const call: SentCall = {
  time: '2026-03-02T10:00:00.000Z',
  service: 'orders',
  method: 'GET',
  path: '/orders/7',
  query: [['page', '2']],
  headers: [],
  contentType: null,
  body: undefined,
  status: 200,
  host: 'api.example',
  client: '192.0.2.1',
  listener: 'public',
  principal: { method: 'jwt', issuer: null, subject: 'a' },
  target: 'https://10.0.0.1:8443',
}
const post: SentCall = {
  ...call,
  method: 'POST',
  path: '/orders',
  query: [],
  contentType: 'application/json',
  body: { sku: 'ab', amount: 3 },
}

describe('a document as a judge of calls', () => {
  it('takes what it names', () => {
    for (const good of [
      call,
      post,
      { ...call, path: '/orders/latest', query: [] },
      { ...call, headers: [['x-mode', 'a']] as const },
    ])
      assert.equal(judge(good), null)
  })

  it('refuses everything else, each for its reason', () => {
    for (const [wrong, why] of [
      [{ ...call, method: 'DELETE' }, /no such operation/],
      [{ ...call, path: '/orders/7/items' }, /no such operation/],
      [{ ...call, path: '/orders/x' }, /path/],
      [{ ...call, path: '/orders/0' }, /path/],
      [{ ...call, query: [] }, /page: missing/],
      [{ ...call, query: [['page', '51']] }, /page: maximum/],
      [{ ...call, query: [...call.query, ['debug', '1']] }, /debug: not named/],
      [{ ...call, headers: [['x-mode', 'b']] }, /x-mode/],
      [{ ...post, body: undefined }, /body: missing/],
      [{ ...post, contentType: 'text/plain', body: 'x' }, /not named/],
      [{ ...post, body: { sku: 'ab', admin: true } }, /body/],
    ] as ReadonlyArray<readonly [SentCall, RegExp]>)
      assert.match(judge(wrong) ?? 'accepted', why)
  })
})

it('every kind of change finds a place in one of the two calls, and is refused', () => {
  const known = { constant: new Set(['/sku']), constantQuery: new Set(['page']) }
  const random = seeded('changes')
  // The form of a text is beyond this document.
  for (const kind of changeKinds.filter(one => one !== 'wrong-format')) {
    const wrong = changed(call, kind, random, known) ?? changed(post, kind, random, known)
    assert.ok(wrong !== null, kind)
    assert.notEqual(judge(wrong), null, kind)
  }
})
