import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RawExchange } from '../model/exchange.ts'
import type { Observation, ObjectShape, ScalarShape, Shape } from '../model/observation.ts'
import { createReducer } from './reduce.ts'

const hashKey = new Uint8Array(32).fill(7)

type Parts = Partial<Omit<RawExchange, 'event' | 'requestBody' | 'responseBody'>> & {
  readonly path?: string
  readonly request?: unknown
  readonly response?: unknown
  readonly event?: Partial<RawExchange['event']>
}

function exchange({ path, request, response, event, ...rest }: Parts): RawExchange {
  const bytes = (body: unknown): Uint8Array | null => {
    if (body === undefined) return null
    return body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  }
  return {
    event: {
      time: '2026-11-22T10:00:00.000Z',
      id: 'a1',
      traceId: null,
      spanId: null,
      parentId: null,
      listener: 'public',
      protocol: 'http/1.1',
      client: '192.0.2.1',
      method: 'POST',
      host: 'shop.example.com',
      path: path ?? '/orders',
      query: [],
      route: null,
      service: 'orders',
      target: null,
      status: 200,
      upstreamStatus: 200,
      requestBytes: 0,
      responseBytes: 0,
      durationMs: 1,
      upstreamMs: 1,
      principal: null,
      verdict: 'pass',
      policy: null,
      code: null,
      reason: null,
      ...event,
    },
    query: '',
    requestFields: [['Content-Type', 'application/json']],
    responseFields: [['Content-Type', 'application/json']],
    requestBody: bytes(request),
    responseBody: bytes(response),
    encrypted: true,
    ...rest,
  }
}

function reduce(parts: Parts): Observation {
  return createReducer({ hashKey })(exchange(parts))
}

function fieldsOf(shape: Shape | null | undefined): Readonly<Record<string, Shape>> {
  assert.equal(shape?.kind, 'object')
  return (shape as ObjectShape).fields
}

function scalar(shape: Shape | undefined): ScalarShape {
  assert.ok(shape !== undefined && shape.kind !== 'object' && shape.kind !== 'array')
  return shape
}

describe('what an observation holds', () => {
  it('types, lengths, formats and classes of a JSON body, with keyed hashes of identifiers', () => {
    const { request } = reduce({
      request: {
        id: '9f1c2a34-6f1b-4d3e-8a5c-0123456789ab',
        quantity: 3,
        total: 12.5,
        paid: true,
        gift: null,
        email: 'a@b.example',
      },
    })
    const fields = fieldsOf(request?.shape)
    assert.deepEqual(
      Object.entries(fields).map(([name, shape]) => [name, shape.kind]),
      [
        ['id', 'string'],
        ['quantity', 'integer'],
        ['total', 'number'],
        ['paid', 'boolean'],
        ['gift', 'null'],
        ['email', 'string'],
      ],
    )
    assert.equal(scalar(fields['id']).format, 'uuid')
    assert.match(scalar(fields['id']).hash ?? '', /^[0-9a-f]{16}$/)
    assert.equal(scalar(fields['quantity']).value, 3)
    assert.equal(scalar(fields['email']).class, 'email')
  })

  it('the same hash for one identifier in path, query and body, as number and as text', () => {
    const seen = reduce({
      path: '/orders/4711',
      query: 'order_id=4711',
      request: { orderId: 4711 },
      response: { order: { id: '4711' } },
    })
    const hash = seen.path[1]?.hash
    assert.match(hash ?? '', /^[0-9a-f]{16}$/)
    assert.equal(seen.query[0]?.shape.hash, hash)
    assert.equal(scalar(fieldsOf(seen.request?.shape)['orderId']).hash, hash)
    assert.equal(scalar(fieldsOf(fieldsOf(seen.response?.shape)['order'])['id']).hash, hash)
  })

  it('takes over class and hash of a segment that the event log has masked', () => {
    const classes = [
      ['email', 'email'],
      ['phone', 'phone'],
      ['card', 'payment-card'],
      ['iban', 'iban'],
      ['national-id', 'national-id'],
      ['jwt', 'token'],
      ['token', undefined],
      ['long', undefined],
    ] as const
    for (const [mask, dataClass] of classes) {
      const shape = reduce({ path: `/users/{${mask}:0123456789abcdef}` }).path[1]
      assert.deepEqual([shape?.class, shape?.hash, shape?.value], [dataClass, '0123456789abcdef', undefined], mask)
    }
  })

  it('a word of an enumeration only after three exchanges had it in the same field', () => {
    const reducer = createReducer({ hashKey })
    const value = (status: string): unknown =>
      scalar(fieldsOf(reducer(exchange({ request: { status, again: [status] } })).request?.shape)['status']).value
    assert.deepEqual(
      [value('pending'), value('pending'), value('pending'), value('shipped')],
      [undefined, undefined, 'pending', undefined],
    )
    const shape = scalar(fieldsOf(reducer(exchange({ request: { status: 'shipped' } })).request?.shape)['status'])
    assert.match(shape.hash ?? '', /^[0-9a-f]{16}$/, 'until then its hash, so that it can be counted')
  })

  it('no value, however often it comes, of what people write or are called', () => {
    const reducer = createReducer({ hashKey })
    const body = {
      name: 'pending',
      title: 'pending',
      comment: 'pending',
      username: 'pending',
      createdBy: 'pending',
      assignee: 'pending',
      city: 'pending',
    }
    for (let i = 0; i < 5; i++) reducer(exchange({ request: body }))
    for (const [name, shape] of Object.entries(fieldsOf(reducer(exchange({ request: body })).request?.shape)))
      assert.equal(scalar(shape).value, undefined, name)
  })

  it('numbers exact when small, else to three digits; long ones as identifiers', () => {
    const fields = fieldsOf(
      reduce({ request: { a: 9999, b: 123_456, c: 2.54321, d: 123_456_789, e: -7, f: 1e300 } }).request?.shape,
    )
    assert.deepEqual(
      ['a', 'b', 'c', 'd', 'e'].map(name => scalar(fields[name]).value),
      [9999, 123_000, 2.54, undefined, -7],
    )
    assert.match(scalar(fields['d']).hash ?? '', /^[0-9a-f]{16}$/)
    assert.equal(scalar(fields['f']).value, undefined)
  })

  it('names that are values as their kind, and never __proto__', () => {
    const body =
      '{"__proto__":{"a":1},"constructor":2,"jane@example.com":{"x":1},"9f1c2a34-6f1b-4d3e-8a5c-0123456789ab":1,"9f1c2a34-6f1b-4d3e-8a5c-0123456789ac":2,"2026":3,"Jane Doe":4}'
    const { shape } = reduce({ request: body }).request as { shape: ObjectShape }
    assert.deepEqual(Object.keys(shape.fields).sort(), [
      'constructor',
      '{email}',
      '{integer}',
      '{reserved}',
      '{text}',
      '{uuid}',
    ])
    assert.deepEqual(shape.others?.['{uuid}']?.length, 1)
    assert.equal(Object.getPrototypeOf(shape.fields), Object.prototype)
    assert.equal(({} as Record<string, unknown>)['a'], undefined)
  })

  it('fields of forms and parts of multipart bodies', () => {
    const form = reduce({
      requestFields: [['content-type', 'application/x-www-form-urlencoded']],
      request: 'user%5Bid%5D=17&note=a+b&tag=x&tag=y',
    })
    assert.deepEqual(Object.keys(fieldsOf(form.request?.shape)), ['user[id]', 'note', 'tag'])
    assert.equal(fieldsOf(form.request?.shape)['tag']?.kind, 'array')
    const parts = reduce({
      requestFields: [['content-type', 'multipart/form-data; boundary=XX']],
      request:
        '--XX\r\nContent-Disposition: form-data; name="size"\r\n\r\n3\r\n--XX\r\nContent-Disposition: form-data; name="photo"; filename="jane.png"\r\nContent-Type: image/png\r\n\r\n12345\r\n--XX--\r\n',
    })
    const fields = fieldsOf(parts.request?.shape)
    assert.equal(scalar(fields['size']).value, 3)
    assert.deepEqual(fields['photo'], { kind: 'string', format: 'binary', length: 5 })
  })

  it('what came before the cut of a body that is not whole, marked as partial', () => {
    const whole = JSON.stringify({ a: 1, list: [{ b: 'x' }, { b: 'y' }], tail: 'z'.repeat(50) })
    const body = reduce({ request: whole.slice(0, 40), event: { requestBytes: whole.length } }).request
    assert.equal(body?.partial, true)
    assert.equal(body?.bytes, whole.length)
    assert.ok(Object.keys(fieldsOf(body?.shape)).includes('list'))
    assert.deepEqual(reduce({ request: '{"a":' }).request?.shape, null)
    assert.equal(reduce({ request: '{"a":' }).request?.partial, true)
  })

  it('nothing of a body that is coded', () => {
    const body = reduce({
      requestFields: [
        ['Content-Type', 'application/json'],
        ['Content-Encoding', 'gzip'],
      ],
      request: '{"a":1}',
    }).request
    assert.deepEqual(body, { mediaType: 'application/json', bytes: 7, partial: true, shape: null, marks: [] })
  })

  it('parameters that an application meant, not what every client and proxy sends', () => {
    const seen = reduce({
      requestFields: [
        ['Host', 'x'],
        ['User-Agent', 'curl'],
        ['X-Forwarded-For', '192.0.2.7'],
        ['traceparent', '00-…'],
        ['X-Tenant', 'acme'],
        ['Idempotency-Key', '17'],
        ['Sec-Fetch-Mode', 'cors'],
      ],
    })
    assert.deepEqual(
      seen.headers.map(header => header.name),
      ['x-tenant', 'idempotency-key'],
    )
  })

  it('response fields of posture and attributes of cookies', () => {
    const seen = reduce({
      responseFields: [
        ['Server', 'nginx/1.24.0'],
        ['Access-Control-Allow-Origin', '*'],
        ['X-Secret', 'no'],
        ['WWW-Authenticate', 'Bearer realm="jane@example.com"'],
        ['Set-Cookie', 'sid=abc; Path=/; HttpOnly; SameSite=lax'],
        ['Sunset', 'Sat, 31 Dec 2026 23:59:59 GMT'],
      ],
    })
    assert.deepEqual(seen.responseFields, {
      server: 'nginx/1.24.0',
      'access-control-allow-origin': '*',
      'www-authenticate': 'Bearer',
      sunset: 'Sat, 31 Dec 2026 23:59:59 GMT',
    })
    assert.deepEqual(seen.setCookies, [{ name: 'sid', secure: false, httpOnly: true, sameSite: 'Lax' }])
  })
})

describe('hostile exchanges', () => {
  const within = (parts: Parts): Observation => {
    const observation = reduce(parts)
    assert.ok(JSON.stringify(observation).length < 400_000, 'bounded')
    return observation
  }

  it('strings of a megabyte, everywhere', () => {
    const long = 'A'.repeat(1_000_000)
    within({
      request: { a: long, [long]: 1 },
      response: [long],
      query: `q=${long}&${long}=1`,
      path: `/${long}`,
      requestFields: [
        ['X-Long', long],
        [long, 'x'],
        ['Cookie', `${long}=${long}`],
        ['Authorization', `Basic ${long}`],
        ['Content-Type', long],
      ],
    })
  })

  it('nesting 500,000 deep, 60,000 members, 100,000 items, 10,000 of everything else', () => {
    within({
      request: `${'['.repeat(500_000)}${']'.repeat(500_000)}`,
      response: `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
    })
    const many = Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`k${i}`, i]))
    const seen = within({
      request: many,
      response: Array.from({ length: 100_000 }, () => ({})),
      path: '/a'.repeat(10_000),
      query: Array.from({ length: 10_000 }, (_, i) => `p${i}=1`).join('&'),
      requestFields: [
        ...Array.from({ length: 10_000 }, (_, i) => [`X-F${i}`, '1'] as const),
        ['Cookie', Array.from({ length: 10_000 }, (_, i) => `c${i}=1`).join('; ')],
      ],
    })
    assert.equal((seen.request as unknown as { shape: ObjectShape }).shape.more, 60_000 - 128)
    assert.deepEqual((seen.response as unknown as { shape: { count: number } }).shape.count, 100_000)
    assert.ok((seen.dropped ?? 0) > 29_000)
  })

  it('duplicate keys, half surrogates, numbers beyond a double, control characters, broken escapes', () => {
    for (const body of [
      '{"a":1,"a":"x"}',
      '{"a":"\\ud800","\\udfff":1}',
      '[1e400,-1e400,123456789012345678901234567890,0.1e-400]',
      '{"a":"\\u0000"}',
      '\u0000',
      '{"a":1}}',
      '{"a":"\\x"}',
      'NaN',
      '"x',
      '[',
      '',
    ])
      within({ request: body, response: body, query: `a=${body}&%zz=%`, path: '/%zz/%ff' })
  })

  it('bytes of every value as body of every type', () => {
    const bytes = Uint8Array.from({ length: 4096 }, (_, i) => i % 256)
    for (const type of [
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=a',
      'multipart/form-data',
      'text/html',
      'application/xml',
      'image/png',
      '',
      ';;;',
    ])
      within({
        request: bytes,
        response: bytes,
        requestFields: [['Content-Type', type]],
        responseFields: [
          ['Content-Type', type],
          ['Set-Cookie', ''],
          ['Set-Cookie', ';;='],
        ],
      })
  })
})
