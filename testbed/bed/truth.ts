import type { Cluster } from './cluster.ts'
import { routeName } from './configuration.ts'
import { partners, services, spiffeOf } from './estate.ts'
import { grantOf } from './grants.ts'
import type { TrueAttack } from './labels.ts'
import type { Release } from './lively/releases.ts'
import type { Operation, Proof } from './operation.ts'

/** What is true of the bed, beside what it wrote. */
export interface Truth {
  readonly seed: number
  readonly from: string
  readonly to: string
  readonly operations: readonly TrueOperation[]
  /** Operations by their standing. */
  readonly shadow: readonly string[]
  readonly zombie: readonly string[]
  readonly orphan: readonly string[]
  /** By caller: what the configuration lets it call, and what it did call. */
  readonly callers: readonly {
    readonly caller: string
    readonly granted: readonly string[]
    readonly used: readonly string[]
  }[]
  readonly weaknesses: readonly TrueWeakness[]
  /** Findings that follow from the weaknesses above: true, and not counted for themselves. */
  readonly consequences: readonly TrueWeakness[]
  /** Who had which address, and when. */
  readonly placements: readonly {
    readonly address: string
    readonly pod: string
    readonly workload: string
    readonly service: string
    readonly application: string
    readonly tenant: string
    readonly from: string
    readonly to: string | null
  }[]
  /** Attacks in it, by labels.ndjson; none: it is benign. */
  readonly attacks: readonly TrueAttack[]
  /** What services began to do, and nothing is wrong with it. */
  readonly releases: readonly Release[]
  /** A day that is not as others. */
  readonly scenario: { readonly name: string; readonly from: string; readonly to: string } | null
}

export interface TrueOperation {
  /** `service METHOD template`. */
  readonly id: string
  readonly service: string
  readonly method: string
  readonly template: string
  readonly route: string
  readonly declared: boolean
  readonly used: boolean
  readonly state: 'live' | 'deprecated' | 'retired'
  /** Word of the inventory for how it is called. */
  readonly authentication: string
  readonly application: string
  readonly tenant: string
  readonly contact: string
  readonly calls: number
  /** Nothing is wrong with it, its route or anything that it alone stands on. */
  readonly sound: boolean
}

export interface TrueWeakness {
  readonly rule: string
  /** As findings name it. */
  readonly subject: string
}

const verdicts: Readonly<Record<Proof, string>> = {
  token: 'jwt',
  operator: 'jwt',
  'passed-token': 'jwt',
  service: 'mtls',
  key: 'api-key',
  'passed-key': 'api-key',
  'query-key': 'api-key',
  password: 'basic',
  optional: 'mixed',
  nobody: 'none',
  session: 'session',
  bearer: 'bearer',
  'query-token': 'bearer',
}

export function truthOf(known: {
  readonly seed: number
  readonly fromMs: number
  readonly toMs: number
  readonly cluster: Cluster
  readonly calls: ReadonlyMap<string, number>
  readonly used: ReadonlyMap<string, ReadonlySet<string>>
  /** Weaknesses of what stands above the operations: listeners, services, the gateway. */
  readonly above: readonly TrueWeakness[]
  readonly attacks: readonly TrueAttack[]
  readonly releases: readonly Release[]
  readonly scenario: Truth['scenario']
}): Truth {
  const all = services.flatMap(service => service.operations.map(operation => ({ service, operation })))
  const labels = (operation: Operation, words: readonly string[]): TrueWeakness[] =>
    words.map(word =>
      word.startsWith('route ')
        ? { rule: word.slice('route '.length), subject: `route ${routeName(operation)}` }
        : { rule: word, subject: operation.id },
    )
  const isUsed = ({ id }: Operation): boolean => (known.calls.get(id) ?? 0) > 0
  const standing = (is: (operation: Operation) => boolean): string[] =>
    all.filter(({ operation }) => is(operation)).map(({ operation }) => operation.id)
  // Version 1 of what is declared in version 2 alone.
  const old = (operation: Operation): boolean =>
    operation.documented === false &&
    /\/v1\//.test(operation.template) &&
    all.some(
      ({ operation: other }) =>
        other.documented !== false && other.template === operation.template.replace('/v1/', '/v2/'),
    )
  return {
    seed: known.seed,
    from: new Date(known.fromMs).toISOString(),
    to: new Date(known.toMs).toISOString(),
    operations: all.map(({ service, operation }) => ({
      id: operation.id,
      service: service.name,
      method: operation.method,
      template: operation.template,
      route: routeName(operation),
      declared: operation.documented !== false,
      used: isUsed(operation),
      state: operation.state ?? 'live',
      authentication: verdicts[operation.proof],
      application: service.application,
      tenant: service.tenant,
      contact: service.contact,
      calls: known.calls.get(operation.id) ?? 0,
      sound: (operation.weak ?? []).length === 0 && (operation.also ?? []).length === 0,
    })),
    shadow: standing(
      operation =>
        operation.documented === false && isUsed(operation) && !old(operation) && operation.state === undefined,
    ),
    zombie: standing(operation => isUsed(operation) && (operation.state !== undefined || old(operation))),
    orphan: standing(operation => operation.documented !== false && !isUsed(operation)),
    callers: [
      ...services.map(service => ({ name: service.name, caller: `mtls CN=Bed CA ${spiffeOf(service)}` })),
      ...partners.map(name => ({ name, caller: `api-key - ${name}` })),
    ].map(({ name, caller }) => ({
      caller,
      granted: standing(operation => grantOf(operation)?.granted.includes(name) ?? false),
      used: standing(operation => grantOf(operation) !== null && (known.used.get(name)?.has(operation.id) ?? false)),
    })),
    weaknesses: [...known.above, ...all.flatMap(({ operation }) => labels(operation, operation.weak ?? []))],
    consequences: all.flatMap(({ operation }) => labels(operation, operation.also ?? [])),
    placements: known.cluster.pods.map(pod => {
      const service = services.find(({ name }) => name === pod.service)
      return {
        address: pod.address,
        pod: pod.name,
        workload: `Deployment/${pod.service}`,
        service: pod.service,
        application: pod.namespace,
        tenant: service?.tenant ?? '',
        from: new Date(pod.fromMs).toISOString(),
        to: pod.toMs === null ? null : new Date(pod.toMs).toISOString(),
      }
    }),
    attacks: known.attacks,
    releases: known.releases,
    scenario: known.scenario,
  }
}
