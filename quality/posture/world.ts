import type { Seeded } from '../traffic/seeded.ts'

/** JSON-like data that weaknesses change in place. */
export type Plain = Record<string, unknown>

/** An operation as it is configured, declared and called. */
export interface PlannedOperation {
  readonly service: string
  readonly kind: 'list' | 'read' | 'create' | 'update' | 'delete' | 'health' | 'profile' | 'login' | 'public'
  method: string
  /** `/v1/orders/{id}` */
  template: string
  /** About a person. */
  readonly personal: boolean
  /** Route of its own, as written. */
  readonly route: Plain & { name: string; match: Plain; policies: Plain[] }
  /** Operation object of the OpenAPI document; null: not declared. */
  declared: Plain | null
  readonly calls: CallPlan
}

/** How its calls and answers look. `i` counts the calls. */
export interface CallPlan {
  count: number
  encrypted: boolean
  credential: 'jwt' | 'basic' | 'api-key' | 'key-in-url' | 'none'
  /** The share of calls that come without credential all the same. */
  withoutCredential: number
  jwt: { alg: string; lifetimeS: number | null; audience: boolean; extra: Plain }
  password: string
  id(i: number, random: Seeded): string
  query(i: number, random: Seeded): string
  fields(i: number): ReadonlyArray<readonly [name: string, value: string]>
  request(i: number, random: Seeded): Plain | null
  response(i: number, random: Seeded): { status: number; body: unknown; fields: Array<[name: string, value: string]> }
}

export interface World {
  readonly config: Plain & {
    listeners: Plain[]
    services: Record<string, Plain & { policies: Plain[] }>
    policies: Plain[]
  }
  readonly documents: Map<string, Plain>
  readonly operations: PlannedOperation[]
}

const things =
  'orders products invoices tickets devices bookings shipments recipes lessons vehicles contracts meters rooms parts surveys playlists'.split(
    ' ',
  )
const people = 'customers patients members employees'.split(' ')
const words = 'amber basil cedar delta ember fjord grove harbor iris juniper kelp lotus maple nectar olive pine'.split(
  ' ',
)

/** Services with two collections, a health check, a profile and a login each: everything enforced, declared and called as it should be. */
export function soundWorld(random: Seeded, services = 10): World {
  const world: World = {
    config: {
      version: 1,
      listeners: [
        {
          name: 'public',
          address: ':8443',
          tls: { certificates: [{ certificate: 'file:api.crt', key: 'file:api.key' }] },
        },
      ],
      services: {},
      events: [{ sink: 'stdout' }],
      policies: [{ use: 'headers', with: { response: { remove: ['Server', 'X-Powered-By'] } } }],
    },
    documents: new Map(),
    operations: [],
  }
  for (let i = 0; i < services; i++) {
    const service = `${words[i % words.length]}-${Math.floor(i / words.length) + 1}`
    world.config.services[service] = { targets: ['https://10.0.0.5:8443'], policies: [] }
    world.documents.set(service, {
      openapi: '3.1.0',
      info: { title: service, version: '1.0.0' },
      servers: [{ url: 'https://api.example.com' }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ token: [] }],
      paths: {},
    })
    const thing = `${random.pick(things)}-${words[i % words.length]}`
    const who = `${random.pick(people)}-${words[i % words.length]}`
    world.operations.push(
      ...collection(service, thing, false, random),
      ...collection(service, who, true, random),
      ...others(service),
    )
  }
  return world
}

/** The configuration as it is written: every operation's route at its place. */
export function authored(world: World): Plain {
  return { ...world.config, routes: world.operations.map(({ route }) => route) }
}

/** OpenAPI documents by service. */
export function declaredDocuments(world: World): Array<{ service: string; document: Plain }> {
  return [...world.documents].map(([service, document]) => {
    const paths: Record<string, Plain> = {}
    for (const one of world.operations) {
      if (one.service !== service || one.declared === null) continue
      paths[one.template] ??= {}
      ;(paths[one.template] as Plain)[one.method.toLowerCase()] = one.declared
    }
    return { service, document: { ...document, paths } }
  })
}

/** The name of a member with its schema and a value: what bodies are made of. */
type Member = readonly [name: string, schema: Plain, value: (i: number, random: Seeded) => unknown]

const members: readonly Member[] = [
  ['title', { type: 'string', maxLength: 80 }, (i, random) => `${random.pick(words)} ${random.pick(words)} ${i}`],
  [
    'note',
    { type: 'string', maxLength: 500 },
    (_, random) => `please ${random.pick(words)} with ${random.pick(words)}`,
  ],
  [
    'status',
    { type: 'string', enum: ['open', 'paid', 'sent', 'closed'] },
    (_, random) => random.pick(['open', 'paid', 'sent', 'closed']),
  ],
  ['quantity', { type: 'integer', minimum: 1, maximum: 1000 }, (_, random) => 1 + random.below(40)],
  ['price', { type: 'number', minimum: 0, maximum: 100000 }, (_, random) => random.below(100_000) / 100],
  ['dueDate', { type: 'string', format: 'date' }, i => `2026-0${1 + (i % 9)}-1${i % 10}`],
  ['active', { type: 'boolean' }, i => i % 3 === 0],
  [
    'tags',
    { type: 'array', maxItems: 10, items: { type: 'string', enum: ['new', 'rush', 'gift'] } },
    () => ['new', 'gift'],
  ],
]
const email: Member = [
  'email',
  { type: 'string', format: 'email', maxLength: 254 },
  i => `user${i}@${words[i % words.length]}.example.org`,
]

function collection(service: string, plural: string, personal: boolean, random: Seeded): PlannedOperation[] {
  const chosen = members.filter((_, i) => i === 0 || random.next() < 0.6)
  const whole = personal ? [...chosen, email] : chosen
  const base = `/v1/${plural}`
  const one = `${base}/{id}`
  const shown = (list: readonly Member[], i: number, r: Seeded) => ({ id: uuid(r), ...values(list, i, r) })
  const make = (
    kind: PlannedOperation['kind'],
    method: string,
    template: string,
    calls: Partial<CallPlan>,
    body: readonly Member[] | null,
  ) =>
    planned({
      service,
      kind,
      method,
      template,
      personal,
      scope: method === 'GET' ? 'read' : 'write',
      body,
      calls,
      shown: kind === 'list' ? chosen : whole,
    })
  return [
    make(
      'list',
      'GET',
      base,
      {
        query: i => `limit=${10 + (i % 5) * 10}`,
        response: (i, r) => answer(200, { items: [shown(chosen, i, r), shown(chosen, i + 1, r)] }),
      },
      null,
    ),
    make('read', 'GET', one, { response: (i, r) => answer(200, shown(whole, i, r)) }, null),
    make(
      'create',
      'POST',
      base,
      { request: (i, r) => values(whole, i, r), response: (_, r) => answer(201, { id: uuid(r) }) },
      whole,
    ),
    make(
      'update',
      'PUT',
      one,
      {
        request: (i, r) => values(whole, i, r),
        response: (i, r) => answer(200, { id: uuid(r), ...values(chosen, i, r) }),
      },
      whole,
    ),
    make('delete', 'DELETE', one, { response: () => answer(204, null) }, null),
  ]
}

function others(service: string): PlannedOperation[] {
  const health = planned({
    service,
    kind: 'health',
    method: 'GET',
    template: `/${service}/health`,
    personal: false,
    scope: null,
    body: null,
    shown: [],
    calls: { credential: 'none', response: () => answer(200, { status: 'up' }) },
  })
  const login = planned({
    service,
    kind: 'login',
    method: 'POST',
    template: `/${service}/login`,
    personal: false,
    scope: null,
    shown: [],
    body: [
      ['username', { type: 'string', minLength: 3, maxLength: 40 }, i => `user-${i % 20}`],
      ['password', { type: 'string', minLength: 8, maxLength: 128 }, (_, r) => `Tr0ub4dor-${uuid(r).slice(0, 8)}`],
    ],
    calls: {
      credential: 'none',
      response: (_, r) => answer(200, { accessToken: `${uuid(r)}${uuid(r)}`.replaceAll('-', ''), expiresIn: 900 }),
    },
  })
  const profile = planned({
    service,
    kind: 'profile',
    method: 'GET',
    template: `/${service}/me`,
    personal: true,
    scope: 'profile',
    body: null,
    shown: [email],
    calls: { response: (i, r) => answer(200, { id: uuid(r), ...values([email], i, r) }) },
  })
  const articles = planned({
    service,
    kind: 'public',
    method: 'GET',
    template: `/v1/articles-${service}/{id}`,
    personal: false,
    scope: null,
    body: null,
    shown: members.slice(0, 2),
    calls: {
      // Known and unknown readers, and numbers for ids: nothing of it is weak where everybody may read everything.
      withoutCredential: 0.5,
      id: i => String(1 + i),
      response: (i, r) => ({
        ...answer(200, { id: uuid(r), ...values(members.slice(0, 2), i, r) }),
        fields: [
          ['Cache-Control', 'public, max-age=300'],
          ['Access-Control-Allow-Origin', '*'],
          ['Set-Cookie', 'lang=en; Path=/'],
          ['Server', 'nginx'],
        ],
      }),
    },
  })
  const [byNumber] = (articles.declared ?? {})['parameters'] as [Plain]
  byNumber['schema'] = { type: 'integer', minimum: 1, maximum: 1_000_000_000 }
  const search = planned({
    service,
    kind: 'public',
    method: 'POST',
    template: `/${service}/search`,
    personal: false,
    scope: null,
    body: members.slice(0, 1),
    shown: [],
    calls: { credential: 'none', response: () => answer(200, { hits: [] }) },
  })
  return [health, login, profile, articles, search]
}

interface Plan {
  readonly service: string
  readonly kind: PlannedOperation['kind']
  readonly method: string
  readonly template: string
  readonly personal: boolean
  /** null: for callers who are not known. */
  readonly scope: string | null
  readonly body: readonly Member[] | null
  readonly shown: readonly Member[]
  readonly calls: Partial<CallPlan>
}

function planned({ service, kind, method, template, personal, scope, body, shown, calls }: Plan): PlannedOperation {
  const schema = body === null ? null : bodySchema(body)
  const login = kind === 'login'
  const limit = {
    use: 'rate-limit',
    with: { limit: login ? '10/min' : '600/min', by: [scope === null ? 'address' : 'principal'] },
  }
  const proof =
    scope === null
      ? { use: 'anonymous' }
      : {
          use: 'jwt',
          with: { issuer: 'https://idp.example.com/', audience: [service], jwks: 'https://idp.example.com/jwks' },
        }
  return {
    service,
    kind,
    method,
    template,
    personal,
    route: {
      name: `${template.slice(1).replaceAll(/[{}]/g, '').replaceAll('/', '-')}-${method.toLowerCase()}`.slice(0, 64),
      match: { host: 'api.example.com', path: template, methods: [method] },
      service,
      ...(body === null ? {} : { limits: { body: '1MiB' } }),
      policies: [
        ...(scope === null
          ? [limit, proof]
          : [proof, { use: 'require', with: { scopes: [`${service}.${scope}`] } }, limit]),
        ...(schema === null ? [] : [{ use: 'json-schema', with: { request: schema } }]),
      ],
    },
    declared: declaration(template, kind, schema, shown, scope === null),
    calls: {
      count: 40,
      encrypted: true,
      credential: 'jwt',
      withoutCredential: 0,
      password: 'correct horse battery staple 41',
      jwt: { alg: 'RS256', lifetimeS: 3600, audience: true, extra: {} },
      id: (_, r) => uuid(r),
      query: () => '',
      fields: () => [],
      request: () => null,
      response: () => answer(200, {}),
      ...(body === null ? {} : { request: (i: number, r: Seeded) => values(body, i, r) }),
      ...calls,
    },
  }
}

function declaration(
  template: string,
  kind: string,
  schema: Plain | null,
  shown: readonly Member[],
  open: boolean,
): Plain {
  const item = {
    type: 'object',
    additionalProperties: false,
    properties: {
      id: { type: 'string', format: 'uuid' },
      ...Object.fromEntries(shown.map(([name, one]) => [name, one])),
    },
  }
  const content = (of: Plain) => ({ 'application/json': { schema: of } })
  const status = kind === 'create' ? '201' : kind === 'delete' ? '204' : '200'
  const answered: Plain =
    shown.length === 0 || kind === 'delete' || kind === 'create'
      ? { description: 'done' }
      : {
          description: 'ok',
          content: content(
            kind === 'list'
              ? { type: 'object', properties: { items: { type: 'array', maxItems: 100, items: item } } }
              : item,
          ),
        }
  return {
    ...(open ? { security: [] } : {}),
    parameters: [
      ...(template.includes('{id}')
        ? [{ in: 'path', name: 'id', required: true, schema: { type: 'string', format: 'uuid' } }]
        : []),
      ...(kind === 'list'
        ? [{ in: 'query', name: 'limit', schema: { type: 'integer', minimum: 1, maximum: 100 } }]
        : []),
    ],
    ...(schema === null ? {} : { requestBody: { required: true, content: content(schema) } }),
    responses: { [status]: answered },
  }
}

function bodySchema(body: readonly Member[]): Plain {
  return {
    type: 'object',
    additionalProperties: false,
    required: body.slice(0, 1).map(([name]) => name),
    properties: Object.fromEntries(body.map(([name, schema]) => [name, structuredClone(schema)])),
  }
}

function values(list: readonly Member[], i: number, random: Seeded): Plain {
  return Object.fromEntries(list.map(([name, , value]) => [name, value(i, random)]))
}

/** An answer that no cache may keep. */
export function answer(
  status: number,
  body: unknown,
): { status: number; body: unknown; fields: Array<[string, string]> } {
  return { status, body, fields: [['Cache-Control', 'no-store']] }
}

export function uuid(random: Seeded): string {
  const hex = Array.from({ length: 32 }, () => random.below(16).toString(16)).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
}
