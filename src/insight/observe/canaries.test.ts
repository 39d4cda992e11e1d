import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RawExchange } from '../model/exchange.ts'
import { createReducer } from './reduce.ts'
import { SchemaModel } from './schema-model.ts'

/** Made up, each of a kind that must not leave an exchange; each unlike anything else in it, so that a find is a leak. */
const canaries: Readonly<Record<string, string>> = {
  email: 'canary.email@leak.example',
  phone: '+4915733998811',
  nationalPhone: '(415) 555-0199',
  card: '4716258050958645',
  groupedCard: '5425 2334 3010 9903',
  iban: 'DE75512108001245126199',
  ssn: '536-90-4399',
  nino: 'PP 12 34 56 C',
  nir: '255081416802538',
  codiceFiscale: 'RSSMRA85T10A562S',
  cpf: '390.533.447-05',
  fullName: 'Zacharias Quuxington',
  lowerName: 'zebulonia quuxington',
  street: '17 Canary Wharf Lane',
  birthDate: '1971-03-29',
  position: '52.5206789, 13.4098765',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ',
  awsKey: 'AKIACANARYCANARY7QX2',
  githubToken: 'ghp_CanaryCanaryCanaryCanaryCanaryCanary',
  stripeKey: 'sk_live_canary0canary0canary0',
  hexToken: 'c0ffee5eedc0ffee5eedc0ffee5eed42',
  password: 'Tr0ub4dor&canary',
  pin: '739154',
  opaque: 'V1StGXR8_Z5jdHi6B-myTcanary',
  uuid: 'ca9a57ca-9a57-4ca9-8a57-ca9a57ca9a57',
  orderNumber: 'ORD-7390281',
  privateKey: '-----BEGIN PRIVATE KEY-----\nMIICANARYCANARYCANARY\n-----END PRIVATE KEY-----',
  sentence: 'my secret canary sings at dawn',
  address: '198.51.100.73',
}

/**
 * A single word can be the name of a field, and under a name that says so (`status`) it can be a choice: nothing but a dictionary of people could
 * tell. It must not leave under any other name, nor before three exchanges had it.
 */
const singleWords: Readonly<Record<string, string>> = { firstName: 'Zebulonia', phrase: 'correcthorsebatterycanary' }
const choices = new Set(['status', 'type', 'code', 'country'])

/** Under names that promise everything, something, and nothing; those that name lists of choices among them. */
const names = [
  'x',
  'value',
  'data',
  'id',
  'userId',
  'email',
  'phone',
  'card',
  'iban',
  'ssn',
  'name',
  'firstName',
  'status',
  'type',
  'code',
  'token',
  'password',
  'api_key',
  'notes',
  'address',
  'createdAt',
  'amount',
  'q',
  'country',
  'pin',
]

/** What a leak would look like: the value, decoded or not, and the longer of its pieces. */
function traces(canary: string): string[] {
  const pieces = canary.split(/[\s&]+/).filter(piece => piece.length >= 9)
  return [
    canary,
    encodeURIComponent(canary),
    JSON.stringify(canary).slice(1, -1),
    Buffer.from(canary).toString('base64'),
    canary.replace(/[\s()-]/g, ''),
    ...pieces,
  ]
}

function exchange(canary: string, name: string, canaryName = canary): RawExchange {
  const body = {
    [name]: canary,
    nested: { deep: [{ [name]: canary }, canary, [canary]] },
    [canaryName]: { [canaryName]: 1 },
    object: { [`x-${canaryName}`]: canary },
    number: /^\d+$/.test(canary) ? Number(canary) : 0,
  }
  const form = new URLSearchParams([
    [name, canary],
    [canaryName, name],
    [canaryName, canary],
  ]).toString()
  const encoded = encodeURIComponent(canary)
  const claims = Buffer.from(
    JSON.stringify({
      sub: canary,
      iss: canary,
      aud: canary,
      email: canary,
      name: canary,
      [canaryName]: canary,
      exp: 1,
    }),
  ).toString('base64url')
  const header = Buffer.from(JSON.stringify({ alg: canary, kid: canary })).toString('base64url')
  const line = canary.replaceAll('\n', ' ')
  return {
    event: {
      time: '2026-11-22T10:00:00.000Z',
      id: 'exchange-1',
      traceId: null,
      spanId: null,
      parentId: null,
      listener: 'public',
      protocol: 'http/1.1',
      client: '192.0.2.1',
      method: 'POST',
      host: 'shop.example.com',
      path: `/orders/${encoded}/${name}/${encoded}`,
      query: [],
      route: null,
      service: null,
      target: null,
      status: 200,
      upstreamStatus: null,
      requestBytes: 0,
      responseBytes: 0,
      durationMs: 1,
      upstreamMs: null,
      principal: { subject: canary, method: 'mtls', issuer: canary },
      verdict: 'pass',
      policy: null,
      code: null,
      reason: canary,
    },
    query: `${form}&${encodeURIComponent(canaryName)}&api_key=${encoded}&access_token=${encoded}`,
    requestFields: [
      ['Content-Type', name === 'q' ? 'application/x-www-form-urlencoded' : `application/json; profile="${line}"`],
      [
        'Authorization',
        name === 'id'
          ? `Basic ${Buffer.from(`${canary}:${canary}`).toString('base64')}`
          : name === 'x'
            ? `Bearer ${header}.${claims}.sig`
            : `${line} ${line}`,
      ],
      ['X-Api-Key', line],
      [`X-${name}`, line],
      [canaryName.replaceAll('\n', ' '), line],
      ['Cookie', `${name}=${line}; session=${line}; ${canaryName}=${line}; jwt=${header}.${claims}.`],
      ['User-Agent', line],
      ['Referer', `https://example.com/${line}`],
      ['Origin', line],
    ],
    responseFields: [
      ['Content-Type', `${line}/${line}`],
      ['Server', line],
      ['X-Powered-By', line],
      ['Access-Control-Allow-Origin', line],
      ['Access-Control-Allow-Headers', line],
      ['Cache-Control', line],
      ['Vary', line],
      ['Allow', line],
      ['Content-Security-Policy', `default-src 'self' ${line}`],
      ['Permissions-Policy', line],
      ['Strict-Transport-Security', line],
      ['Deprecation', line],
      ['Sunset', line],
      ['WWW-Authenticate', `Bearer realm="${line}"`],
      ['WWW-Authenticate', line],
      ['Set-Cookie', `${canaryName}=${line}; Path=/${line}; SameSite=${line}`],
      ['Location', `/users/${line}`],
      ['ETag', line],
    ],
    requestBody: Buffer.from(name === 'q' ? form : JSON.stringify(body)),
    responseBody: Buffer.from(
      name === 'data'
        ? `<html>${canary}</html>`
        : name === 'type'
          ? JSON.stringify(body).slice(0, -30)
          : JSON.stringify([body, body]),
    ),
    encrypted: true,
  }
}

describe('no personal or secret value leaves an exchange', () => {
  it('whatever the value, under whatever name, in every field of it, however often it comes', () => {
    let looked = 0
    for (const [kind, canary] of Object.entries(canaries)) {
      const reduce = createReducer({ hashKey: new Uint8Array(32).fill(5) })
      const model = new SchemaModel()
      const marks = traces(canary)
      for (const name of names)
        for (let times = 0; times < 4; times++) {
          const observation = reduce(exchange(canary, name))
          for (const body of [observation.request, observation.response]) if (body?.shape) model.add(body.shape)
          const text = JSON.stringify(observation)
          for (const mark of marks) assert.ok(!text.includes(mark), `${kind} under ${name}: ${leakOf(text, mark)}`)
          looked++
        }
      const learnt = JSON.stringify([model.dump(), model.toJsonSchema({ strict: true, annotate: true })])
      for (const mark of marks) assert.ok(!learnt.includes(mark), `${kind} learnt: ${leakOf(learnt, mark)}`)
    }
    assert.equal(looked, Object.keys(canaries).length * names.length * 4)
  })

  it('single words, under any name that does not say that they are choices', () => {
    for (const [kind, canary] of Object.entries(singleWords))
      for (const name of names) {
        const reduce = createReducer({ hashKey: new Uint8Array(32).fill(5) })
        for (let times = 0; times < (choices.has(name) ? 2 : 5); times++) {
          const text = JSON.stringify(reduce(exchange(canary, name, 'plain')))
          assert.ok(!text.includes(canary), `${kind} under ${name}: ${leakOf(text, canary)}`)
        }
      }
  })
})

function leakOf(text: string, mark: string): string {
  const at = text.indexOf(mark)
  return text.slice(Math.max(0, at - 120), at + 120)
}
