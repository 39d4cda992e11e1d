import { services } from '../estate.ts'
import type { Actor } from '../actor.ts'
import type { AttackClass, Stage } from './stage.ts'

const words = {
  dev: 'admin internal debug test backup old beta console metrics health status config env users export dump graphql swagger api-docs actuator login.php wp-admin phpmyadmin private staging server-status'.split(
    ' ',
  ),
  acceptance:
    'management root sys trace heapdump jolokia rest soap rpc v0 openapi.json .git .env .svn id_rsa credentials tokens keys secrets cron jobs queue db sql mongo elastic kibana grafana jenkins ci deploy hooks uploads tmp cache'.split(
      ' ',
    ),
} as const
const names = {
  dev: ['debug', 'admin', 'test', 'verbose', 'raw', 'internal', 'fields', 'expand', 'callback', 'format'],
  acceptance: [
    'include',
    'trace',
    'role',
    'as',
    'user',
    'impersonate',
    'select',
    'where',
    'sql',
    'depth',
    'source',
    'cmd',
  ],
} as const

function vocabulary(stage: Stage): readonly string[] {
  return words[stage.acceptance ? 'acceptance' : 'dev']
}

function madeUp(stage: Stage): string {
  const { random } = stage
  const one = (): string => random.pick(vocabulary(stage))
  return random.pick([
    () => `/${one()}`,
    () => `/${one()}/${one()}`,
    () => `/api/${one()}`,
    () => `/v${random.between(1, 9)}/${one()}`,
    () => `/${one()}/${random.between(1, 999)}`,
  ])()
}

const service = (stage: Stage): string => stage.random.pick(services).name

/** Public operations of all services, as somebody finds them in the shop's own pages. */
const open = services.flatMap(({ operations }) =>
  operations.filter(
    ({ proof, method, documented }) => proof === 'nobody' && method === 'GET' && documented !== 'unused',
  ),
)
const held = services.flatMap(({ operations }) =>
  operations.filter(({ proof, documented }) => proof === 'token' && documented !== 'unused'),
)

function probe(
  stage: Stage,
  { count, gapMs, addresses }: { readonly count: number; readonly gapMs: number; readonly addresses: number },
  one: (timeMs: number, actor: Actor, n: number) => void,
): void {
  let timeMs = stage.begin(count * gapMs * 1.5)
  const actors = Array.from({ length: addresses }, () => stage.actor(timeMs, { kind: 'nobody', proof: 'none' }))
  for (let n = 0; n < count; n++) {
    timeMs += Math.max(5, Math.floor(stage.random.around(gapMs, 0.4)))
    one(timeMs, actors[n % addresses] as Actor, n)
  }
}

const fast = { dev: [80, 160], acceptance: [50, 250] } as const

/** Looking for what is there: paths, methods, parameters, versions, and what the answers give away. */
export const apiProbing: AttackClass = {
  name: 'api-probing',
  variants: {
    'paths-fast'(stage) {
      probe(
        stage,
        { count: stage.between(fast), gapMs: stage.between({ dev: [60, 200], acceptance: [30, 500] }), addresses: 1 },
        (timeMs, actor) => stage.raw(timeMs, actor, { service: service(stage), method: 'GET', path: madeUp(stage) }),
      )
    },
    'paths-slow'(stage) {
      const count = stage.between({ dev: [24, 40], acceptance: [18, 60] })
      probe(
        stage,
        { count, gapMs: stage.between({ dev: [180_000, 420_000], acceptance: [240_000, 600_000] }), addresses: 1 },
        (timeMs, actor) => stage.raw(timeMs, actor, { service: service(stage), method: 'GET', path: madeUp(stage) }),
      )
    },
    'paths-spread'(stage) {
      const addresses = stage.between({ dev: [20, 40], acceptance: [15, 80] })
      probe(
        stage,
        {
          count: addresses * stage.between({ dev: [3, 5], acceptance: [2, 5] }),
          gapMs: stage.between({ dev: [1_500, 5_000], acceptance: [1_000, 15_000] }),
          addresses,
        },
        (timeMs, actor) => stage.raw(timeMs, actor, { service: service(stage), method: 'GET', path: madeUp(stage) }),
      )
    },
    methods(stage) {
      probe(
        stage,
        { count: stage.between({ dev: [30, 60], acceptance: [20, 90] }), gapMs: 900, addresses: 1 },
        (timeMs, actor) => {
          const operation = stage.random.pick(open)
          const path = operation.template.replace(/\{\w+\}/g, () => String(stage.random.between(1, 9_999)))
          const method = stage.random.pick(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'DEBUG'])
          stage.raw(timeMs, actor, { service: operation.service, method, path })
        },
      )
    },
    parameters(stage) {
      probe(
        stage,
        { count: stage.between({ dev: [25, 50], acceptance: [15, 70] }), gapMs: 1_500, addresses: 1 },
        (timeMs, actor) => {
          const operation = stage.random.pick(open)
          const name = stage.random.pick<string>(names[stage.acceptance ? 'acceptance' : 'dev'])
          stage.send(timeMs, actor, operation.id, {
            bend: { query: { [name]: stage.random.pick(['1', 'true', '*', 'all']) } },
          })
        },
      )
    },
    versions(stage) {
      probe(
        stage,
        { count: stage.between({ dev: [25, 45], acceptance: [15, 60] }), gapMs: 1_200, addresses: 1 },
        (timeMs, actor) => {
          const operation = stage.random.pick([...open, ...held])
          const path = operation.template
            .replace(/^\/v\d/, '')
            .replace(/\{\w+\}/g, () => String(stage.random.between(1, 9_999)))
          const version = stage.random.pick(['/v0', '/v3', '/v4', '/api/v1', '/api/v2', '/beta', '/internal'])
          stage.raw(timeMs, actor, { service: operation.service, method: 'GET', path: `${version}${path}` })
        },
      )
    },
    // With an account: which codes say what about bodies, roles and ids.
    'status-walk'(stage) {
      const count = stage.between({ dev: [40, 70], acceptance: [25, 100] })
      let timeMs = stage.begin(count * 4_000)
      const actor = stage.actor(timeMs)
      const writes = held.filter(({ body, bodyType }) => body !== undefined && bodyType === undefined)
      for (let n = 0; n < count; n++) {
        timeMs += Math.max(50, Math.floor(stage.random.around(1_500, 0.6)))
        const how = stage.random.below(4)
        const operation = stage.random.pick(how === 0 ? writes : held)
        if (how === 0)
          stage.send(timeMs, actor, operation.id, {
            bend: { body: () => stage.random.pick([{}, [], { id: null }, { a: 1 }]) },
          })
        else if (how === 1) stage.send(timeMs, { ...actor, proof: 'invalid' }, operation.id)
        else if (how === 2) stage.send(timeMs, { ...actor, proof: 'none' }, operation.id)
        else
          stage.send(timeMs, actor, operation.id, {
            ids: Object.fromEntries(operation.variables.map(name => [name, stage.random.hex(6)])),
            bend: { status: stage.random.pick([400, 404]) },
          })
      }
    },
  },
}
