import type { Seeded } from '../traffic/seeded.ts'
import { type Plain, type PlannedOperation, uuid, type World } from './world.ts'

/** One way to make a sound world weak, and the rules that may be the ones to say so. */
export interface SeededWeakness {
  readonly name: string
  /** One of the four headings of the assessment. */
  readonly heading: 'connection' | 'access' | 'parameters' | 'responses'
  readonly accepts: readonly string[]
  /** Which operations it can be put into. */
  suits(operation: PlannedOperation): boolean
  /** Puts it there; the subjects under which it may be told beside those of the operation and its route. */
  put(operation: PlannedOperation, world: World, random: Seeded): readonly string[]
}

type Kind = PlannedOperation['kind']

const of =
  (...kinds: readonly Kind[]) =>
  (operation: PlannedOperation): boolean =>
    kinds.includes(operation.kind)
const personal = (operation: PlannedOperation): boolean => operation.personal && operation.kind === 'read'
const reading = of('list', 'read')
const writing = of('create', 'update')

function policy(operation: PlannedOperation, use: string): Plain | undefined {
  return operation.route.policies.find(entry => entry['use'] === use)
}

function drop(operation: PlannedOperation, ...uses: readonly string[]): void {
  const { policies } = operation.route
  policies.splice(0, policies.length, ...policies.filter(({ use }) => !uses.includes(String(use))))
}

function settingsOf(operation: PlannedOperation, use: string): Plain {
  const found = policy(operation, use)
  if (found === undefined) throw new Error(`${operation.route.name} has no ${use}`)
  return found['with'] as Plain
}

/** Declared parameters, to change in place; none where nothing is declared. */
function parametersOf({ declared }: PlannedOperation): Plain[] {
  return declared === null ? [] : (declared['parameters'] as Plain[])
}

/** Nobody is asked at its route any more; limits stay, by address. */
function open(operation: PlannedOperation): void {
  drop(operation, 'jwt', 'require', 'rate-limit')
  operation.route.policies.unshift(
    { use: 'rate-limit', with: { limit: '600/min', by: ['address'] } },
    { use: 'anonymous' },
  )
}

function bodySchema(operation: PlannedOperation): Plain & { properties: Record<string, Plain> } {
  return settingsOf(operation, 'json-schema')['request'] as Plain & {
    properties: Record<string, Plain>
  }
}

/** Another member in what the route enforces and callers send. */
function member(operation: PlannedOperation, name: string, schema: Plain, value: unknown): void {
  bodySchema(operation).properties[name] = schema
  const before = operation.calls.request
  operation.calls.request = (i, random) => ({ ...before(i, random), [name]: value })
}

function parameter(operation: PlannedOperation, name: string, schema: Plain): void {
  const list = parametersOf(operation)
  list.push({ in: 'query', name, schema })
}

function shows(operation: PlannedOperation, more: (i: number, random: Seeded) => Plain): void {
  const before = operation.calls.response
  operation.calls.response = (i, random) => {
    const given = before(i, random)
    return { ...given, body: { ...(given.body as Plain), ...more(i, random) } }
  }
}

function sends(operation: PlannedOperation, ...fields: ReadonlyArray<[string, string]>): void {
  const before = operation.calls.response
  operation.calls.response = (i, random) => {
    const given = before(i, random)
    const names = fields.map(([name]) => name.toLowerCase())
    return { ...given, fields: [...given.fields.filter(([name]) => !names.includes(name.toLowerCase())), ...fields] }
  }
}

/** Every fourth answer is an error of the service. */
function fails(operation: PlannedOperation, body: string): void {
  const before = operation.calls.response
  operation.calls.response = (i, random) =>
    i % 4 === 0 ? { status: 500, body: { error: body }, fields: [] } : before(i, random)
}

function move(operation: PlannedOperation, template: string): void {
  operation.template = template
  operation.route.match['path'] = template
  const list = parametersOf(operation)
  if (!template.includes('{id}')) list.splice(0, list.length, ...list.filter(one => one['in'] !== 'path'))
}

function listener(world: World, name: string, settings: Plain): readonly string[] {
  world.config.listeners.push({ name, ...settings })
  return [`listener ${name}`]
}

const certificate = (name: string): Plain => ({
  certificates: [{ certificate: `file:${name}.crt`, key: `file:${name}.key` }],
})
const anywhere = (): boolean => true

function weakness(
  heading: SeededWeakness['heading'],
  name: string,
  accepts: readonly string[],
  suits: SeededWeakness['suits'],
  put: (operation: PlannedOperation, world: World, random: Seeded) => readonly string[] | void,
): SeededWeakness {
  return { heading, name, accepts, suits, put: (operation, world, random) => put(operation, world, random) ?? [] }
}

export const weaknesses: readonly SeededWeakness[] = [
  // Encrypted connection.
  weakness('connection', 'a listener without TLS', ['plaintext-listener'], anywhere, (_, world) =>
    listener(world, 'plain', { address: ':8080', plaintext: 'acknowledged' }),
  ),
  weakness('connection', 'tokens over plain text', ['plaintext-calls'], of('read', 'update'), operation => {
    operation.calls.encrypted = false
  }),
  weakness('connection', 'a service by http', ['plaintext-upstream'], of('health'), ({ service }, world) => {
    ;(world.config.services[service] as Plain)['targets'] = ['http://10.1.2.3:3000']
    return [`service ${service}`]
  }),
  weakness('connection', 'a document that names http', ['declared-without-tls'], of('health'), ({ service }, world) => {
    ;(world.documents.get(service) as Plain)['servers'] = [{ url: 'http://api.example.com' }]
    return [`service ${service}`]
  }),
  weakness('connection', 'TLS 1.2', ['tls-1.2-allowed'], anywhere, (_, world) =>
    listener(world, 'old-tls', { address: ':8444', tls: { ...certificate('api'), minVersion: 'TLSv1.2' } }),
  ),
  weakness('connection', 'HSTS off', ['missing-hsts'], anywhere, (_, world) =>
    listener(world, 'no-hsts', { address: ':8445', hsts: 'off', tls: certificate('api') }),
  ),
  weakness('connection', 'a certificate signed with SHA-1', ['weak-certificate'], anywhere, (_, world) =>
    listener(world, 'sha1', { address: ':8446', tls: certificate('weak') }),
  ),
  weakness('connection', 'a store by plain text', ['plaintext-store'], anywhere, (_, world) => {
    world.config['stores'] = { shared: { redis: 'redis://10.1.2.9:6379' } }
    return ['gateway']
  }),

  // Authentication and authorization.
  weakness(
    'access',
    'changes for anybody',
    ['missing-authentication', 'anonymous-route'],
    of('create', 'update', 'delete'),
    operation => {
      open(operation)
      operation.calls.credential = 'none'
    },
  ),
  weakness('access', 'personal data for anybody', ['missing-authentication'], personal, operation => {
    open(operation)
    operation.calls.credential = 'none'
  }),
  weakness(
    'access',
    'proof is optional',
    ['mixed-authentication', 'anonymous-beside-proof', 'anonymous-route'],
    of('update', 'delete'),
    operation => {
      drop(operation, 'require')
      operation.route.policies.splice(1, 0, { use: 'anonymous' })
      operation.calls.withoutCredential = 0.3
    },
  ),
  weakness('access', 'password with every call', ['basic-authentication'], reading, operation => {
    Object.assign(policy(operation, 'jwt') as Plain, {
      use: 'basic',
      with: {
        users: 'alice:$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
        roles: { reader: ['alice'] },
      },
    })
    operation.calls.credential = 'basic'
  }),
  weakness('access', 'keys in the URL', ['credentials-in-url'], reading, operation => {
    Object.assign(policy(operation, 'jwt') as Plain, {
      use: 'api-key',
      with: {
        query: 'api_key',
        forward: true,
        keys: [{ id: 'a', sha256: 'a'.repeat(64), expires: '2027-12-31T00:00:00Z' }],
      },
    })
    operation.calls.credential = 'key-in-url'
  }),
  weakness('access', 'a key alone on personal data', ['api-key-alone'], personal, operation => {
    Object.assign(policy(operation, 'jwt') as Plain, {
      use: 'api-key',
      with: { keys: [{ id: 'a', sha256: 'a'.repeat(64), expires: '2027-12-31T00:00:00Z' }] },
    })
    operation.calls.credential = 'api-key'
  }),
  weakness('access', 'keys without an end', ['api-key-without-expiry'], of('list'), operation => {
    Object.assign(policy(operation, 'jwt') as Plain, {
      use: 'api-key',
      with: { keys: [{ id: 'a', sha256: 'a'.repeat(64) }] },
    })
    operation.calls.credential = 'api-key'
  }),
  weakness('access', 'a shared secret signs', ['weak-jwt-algorithm'], reading, operation => {
    const { issuer, audience } = settingsOf(operation, 'jwt')
    Object.assign(policy(operation, 'jwt') as Plain, {
      with: { issuer, audience, secret: '0123456789abcdef0123456789abcdef', algorithms: 'HS256' },
    })
    operation.calls.jwt.alg = 'HS256'
  }),
  weakness('access', 'unsigned tokens that nobody checks', ['weak-jwt-algorithm'], reading, operation => {
    open(operation)
    operation.calls.jwt.alg = 'none'
  }),
  weakness('access', 'tokens without an end', ['jwt-without-expiry'], reading, operation => {
    open(operation)
    operation.calls.jwt.lifetimeS = null
  }),
  weakness('access', 'tokens for thirty days', ['jwt-long-life'], of('list', 'read', 'update'), operation => {
    operation.calls.jwt.lifetimeS = 30 * 86_400
  }),
  weakness('access', 'tokens for any API', ['jwt-any-audience'], of('list', 'read', 'delete'), operation => {
    const settings = settingsOf(operation, 'jwt')
    delete settings['audience']
    settings['anyAudience'] = true
    operation.calls.jwt.audience = false
  }),
  weakness('access', 'a bank account in tokens', ['personal-data-in-tokens'], reading, operation => {
    operation.calls.jwt.extra = { bankAccount: 'DE89370400440532013000' }
  }),
  weakness('access', 'a password that everybody tries first', ['weak-credential'], reading, operation => {
    open(operation)
    operation.calls.credential = 'basic'
    operation.calls.password = 'admin'
  }),
  weakness(
    'access',
    'any object for any token',
    ['object-access-unbound'],
    operation => personal(operation) || operation.kind === 'delete',
    operation => drop(operation, 'require'),
  ),
  weakness('access', 'people by number for any token', ['sequential-ids'], personal, operation => {
    drop(operation, 'require')
    operation.calls.id = i => String(1_000 + i)
    parametersOf(operation)[0] = {
      in: 'path',
      name: 'id',
      required: true,
      schema: { type: 'integer', minimum: 1, maximum: 1e9 },
    }
  }),
  weakness(
    'access',
    "operators' function for any token",
    ['admin-without-require'],
    of('update', 'delete'),
    operation => {
      drop(operation, 'require')
      move(operation, `/admin${operation.template}`)
    },
  ),
  weakness('access', 'roles only observed', ['observe-mode'], of('create', 'update', 'read'), operation => {
    ;(policy(operation, 'require') as Plain)['mode'] = 'observe'
  }),
  weakness('access', 'every site may read with credentials', ['cors-any-origin'], reading, operation =>
    sends(operation, ['Access-Control-Allow-Origin', '*'], ['Access-Control-Allow-Credentials', 'true']),
  ),
  weakness('access', 'every Origin comes back', ['cors-reflected-origin'], reading, operation => {
    const before = operation.calls.response
    const origins = [
      'https://shop.example.com',
      'https://evil.test',
      'https://a.invalid',
      'https://news.example.org',
      'https://b.example.net',
    ]
    operation.calls.response = (i, random) => {
      const given = before(i, random)
      return {
        ...given,
        fields: [
          ...given.fields,
          ['Access-Control-Allow-Origin', origins[i % 5] as string],
          ['Access-Control-Allow-Credentials', 'true'],
        ],
      }
    }
  }),
  weakness('access', 'a session cookie without attributes', ['cookie-flags'], of('login'), operation =>
    sends(operation, ['Set-Cookie', 'session=9f8e7d6c5b4a39281706f5e4d3c2b1a0; Path=/']),
  ),
  weakness('access', 'the method in a header', ['method-override'], of('create', 'update'), operation => {
    operation.calls.fields = i => (i % 3 === 0 ? [['X-HTTP-Method-Override', 'DELETE']] : [])
  }),
  weakness('access', 'everybody is a proxy', ['trusts-any-proxy'], anywhere, (_, world) => {
    world.config['trustedProxies'] = ['0.0.0.0/0']
    return ['gateway']
  }),
  weakness('access', 'a login without limit', ['login-without-limit', 'no-rate-limit'], of('login'), operation =>
    drop(operation, 'rate-limit'),
  ),
  weakness('access', 'a route without limit', ['no-rate-limit'], of('list', 'create'), operation =>
    drop(operation, 'rate-limit'),
  ),
  weakness('access', 'every method', ['unused-methods', 'any-method'], of('profile'), operation => {
    delete operation.route.match['methods']
    operation.calls.count = 160
  }),
  weakness('access', 'DELETE that nobody uses', ['unused-methods'], of('list'), operation => {
    operation.route.match['methods'] = ['GET', 'DELETE']
    operation.calls.count = 160
  }),
  weakness('access', 'any host', ['wide-host'], of('list', 'read', 'delete'), operation => {
    delete operation.route.match['host']
  }),
  weakness('access', 'a debug endpoint', ['debug-endpoint'], of('health'), operation =>
    move(operation, `/${operation.service}/actuator/env`),
  ),
  weakness(
    'access',
    'an operation that no document names',
    ['shadow-operation'],
    of('list', 'create', 'delete'),
    operation => {
      operation.declared = null
    },
  ),

  // Parameter checks.
  weakness('parameters', 'a text of any length', ['unbounded-string'], writing, operation =>
    member(operation, 'comment', { type: 'string' }, 'all fine'),
  ),
  weakness('parameters', 'a list of any length', ['unbounded-array'], writing, operation =>
    member(operation, 'lines', { type: 'array', items: { type: 'integer', minimum: 0, maximum: 9 } }, [1, 2]),
  ),
  weakness('parameters', 'a number without bounds', ['unbounded-number'], writing, operation =>
    member(operation, 'amount', { type: 'number' }, 12.5),
  ),
  weakness('parameters', 'an open object', ['open-object'], writing, operation => {
    delete bodySchema(operation)['additionalProperties']
  }),
  weakness('parameters', 'an open object inside', ['open-object'], writing, operation =>
    member(operation, 'options', { type: 'object', properties: { gift: { type: 'boolean' } } }, { gift: true }),
  ),
  weakness('parameters', 'a code that may be any text', ['free-string'], writing, operation =>
    member(operation, 'currency', { type: 'string', maxLength: 3 }, 'EUR'),
  ),
  weakness('parameters', 'a declared text of any length', ['unbounded-string'], of('list'), operation =>
    parameter(operation, 'search', { type: 'string' }),
  ),
  weakness('parameters', 'a declared list of any length', ['unbounded-array'], of('list'), operation =>
    parameter(operation, 'ids', { type: 'array', items: { type: 'integer', minimum: 1, maximum: 9_999 } }),
  ),
  weakness('parameters', 'a declared number without bounds', ['unbounded-number'], of('list'), operation =>
    parameter(operation, 'minPrice', { type: 'number', minimum: 0 }),
  ),
  weakness('parameters', 'a declared sort order of any text', ['free-string'], of('list'), operation =>
    parameter(operation, 'sort', { type: 'string', maxLength: 40 }),
  ),
  weakness('parameters', 'pages of any size', ['unbounded-page'], of('list'), operation => {
    const limit = parametersOf(operation).find(one => one['name'] === 'limit') as Plain
    limit['schema'] = { type: 'integer', minimum: 1 }
  }),
  weakness('parameters', 'a role that callers set', ['mass-assignment'], writing, operation => {
    drop(operation, 'require')
    member(operation, 'role', { type: 'string', enum: ['user', 'admin'] }, 'user')
  }),
  weakness('parameters', 'bodies that nobody checks', ['no-request-schema'], writing, operation =>
    drop(operation, 'json-schema'),
  ),
  weakness('parameters', 'a callback to anywhere', ['url-parameter'], writing, operation =>
    member(
      operation,
      'callbackUrl',
      { type: 'string', format: 'uri', maxLength: 200 },
      'https://shop.example.com/done',
    ),
  ),
  weakness('parameters', 'people by e-mail address in the query', ['personal-data-in-url'], of('list'), operation => {
    parameter(operation, 'email', { type: 'string', format: 'email', maxLength: 254 })
    operation.calls.query = i => `email=user${i}%40mail${i % 5}.example.org`
  }),
  weakness(
    'parameters',
    'a switch that no document names',
    ['undeclared-parameters'],
    of('list', 'read'),
    operation => {
      operation.calls.query = i => (i % 2 === 0 ? 'verbose=true' : '')
    },
  ),
  weakness('parameters', 'bodies of any size', ['no-body-limit'], writing, operation => {
    drop(operation, 'json-schema')
    delete operation.route['limits']
  }),

  // Response contents.
  weakness('responses', 'password hashes', ['secrets-in-responses', 'excess-data'], reading, operation =>
    shows(operation, (_, random) => ({
      passwordHash: `$2b$10$${uuid(random).replaceAll('-', '')}${uuid(random).replaceAll('-', '').slice(0, 21)}`,
    })),
  ),
  weakness('responses', 'a key of another service', ['secrets-in-responses'], reading, operation =>
    shows(operation, (_, random) => ({
      aws: `AKIA${Array.from({ length: 16 }, () => random.pick([...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'])).join('')}`,
    })),
  ),
  weakness('responses', 'whole card numbers', ['card-numbers-in-responses'], of('list', 'read', 'update'), operation =>
    shows(operation, (_, random) => ({ card: cardNumber(random) })),
  ),
  weakness(
    'responses',
    'everybody’s e-mail addresses in one list',
    ['personal-data-in-lists'],
    of('list'),
    operation => {
      drop(operation, 'require')
      shows(operation, i => ({ contacts: [0, 1, 2].map(n => ({ email: `person${i}-${n}@mail.example.org` })) }))
    },
  ),
  weakness('responses', 'notes of the staff', ['excess-data'], reading, operation =>
    shows(operation, () => ({ internalNotes: 'calls twice a week', riskScore: 0.2 })),
  ),
  weakness('responses', 'a field that no document names', ['undeclared-response-fields'], of('read'), operation =>
    shows(operation, i => ({ warehouse: `shelf ${i % 7}` })),
  ),
  weakness('responses', 'stack traces', ['stack-traces'], of('list', 'read', 'create', 'update'), operation =>
    fails(
      operation,
      'TypeError: x is undefined\n    at handler (/srv/app/orders.js:41:13)\n    at next (/srv/app/node_modules/router/index.js:12:5)',
    ),
  ),
  weakness('responses', 'errors of the database', ['stack-traces'], of('list', 'read', 'create', 'update'), operation =>
    fails(operation, 'ERROR: syntax error at or near "WHERE" LINE 1'),
  ),
  weakness(
    'responses',
    'addresses of the inner network',
    ['internals-in-responses'],
    of('list', 'read', 'create', 'update'),
    operation => fails(operation, 'connect ECONNREFUSED 10.42.7.19:5432'),
  ),
  weakness('responses', 'the version of the server', ['software-versions'], of('list', 'read', 'update'), operation =>
    sends(operation, ['Server', 'Apache/2.4.52 (Ubuntu)']),
  ),
  weakness('responses', 'personal data in public caches', ['cacheable-personal-data'], personal, operation =>
    sends(operation, ['Cache-Control', 'public, max-age=600']),
  ),
  weakness('responses', 'answers without pages', ['unpaged-collection'], of('list'), operation => {
    operation.calls.query = () => ''
    const list = parametersOf(operation)
    list.splice(0, list.length)
    const before = operation.calls.response
    operation.calls.count = 12
    operation.calls.response = (i, random) => {
      const given = before(i, random)
      const { items } = given.body as { items: unknown[] }
      return { ...given, body: { items: Array.from({ length: 9_000 }, () => items[0]) } }
    }
  }),
]

/** A test number of a registered prefix with its Luhn digit. */
function cardNumber(random: Seeded): string {
  const digits = [4, 5, 3, 9, ...Array.from({ length: 11 }, () => random.below(10))]
  const sum = digits.reduce((total, digit, i) => {
    const doubled = i % 2 === 0 ? digit * 2 : digit
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return `${digits.join('')}${(10 - (sum % 10)) % 10}`
}
