import type { Config, ServiceConfig } from '../../../config/types.ts'
import type { Finding } from '../../../core/finding.ts'
import { guestName, type Guest } from '../guests.ts'
import type { Surface } from '../surface.ts'
import type { Privilege } from '../privileges.ts'
import type { Probed } from './bypass-probe.ts'
import type { Cluster } from './cluster.ts'
import { localOnly, strictest, type Observer, type Reachability } from './reachability.ts'
import { sidecarVerdict } from './sidecars.ts'

/** Who stops a caller at an operation, on the way through the gateway and around it. */
export interface Enforcement {
  readonly caller: string
  readonly operation: string
  readonly through: 'gateway' | 'application' | 'nobody' | 'unknown'
  readonly around: 'network' | 'sidecar' | 'application' | 'nobody' | 'unknown'
  readonly because: readonly string[]
}

export interface EnforcedAt {
  readonly list: readonly Enforcement[]
  readonly targets: readonly Reachability[]
  readonly findings: readonly Finding[]
}

export interface EnforcedInput {
  readonly config: Config
  readonly surface: Surface
  /** null: no objects of a cluster are known. */
  readonly cluster: Cluster | null
  /** Networks and machines that say who reaches what. */
  readonly observers: readonly Observer[]
  readonly probed: readonly Probed[]
}

/** Pure. One line for each caller and operation that are in the privileges of the surface. */
export function enforcedAt({ config, surface, cluster, observers, probed }: EnforcedInput): EnforcedAt {
  const targets = config.services.flatMap(service => reachabilities(service, observers, probed))
  const guests = new Map(surface.census.guests.map(guest => [guestName(guest), guest]))
  const operations = new Map(surface.census.operations.map(({ operation }) => [operation.id, operation]))
  const services = new Map(config.services.map(service => [service.name, service]))
  const list = surface.privileges.list.flatMap((privilege): Enforcement[] => {
    const operation = operations.get(privilege.operation)
    const guest = guests.get(privilege.caller)
    const service = operation === undefined ? undefined : services.get(operation.service)
    if (operation === undefined || guest === undefined || service === undefined) return []
    const own = targets.filter(one => one.service === service.name)
    const around = aroundOf(
      privilege,
      own,
      verdicts(cluster, service, { guest, method: operation.method, template: operation.template }),
    )
    return [{ caller: privilege.caller, operation: privilege.operation, through: throughOf(privilege), ...around }]
  })
  return { list, targets, findings: targets.flatMap(one => bypassFinding(one, probed)) }
}

function reachabilities(
  service: ServiceConfig,
  observers: readonly Observer[],
  probed: readonly Probed[],
): Reachability[] {
  return service.targets.map(target => {
    const opinions = [localOnly(target), ...observers.map(observe => observe(target))].filter(one => one !== null)
    const found = strictest(opinions)
    const probe = probed.find(one => one.target === target.url)
    // What was tried outweighs what was written, where an answer came.
    if (typeof probe?.status === 'number' && found.reach !== 'limited')
      return {
        service: service.name,
        target: target.url,
        reach: 'open',
        by: null,
        sources: ['the machine that tried'],
        evidence: [probe.words, ...found.evidence],
      }
    const evidence = probe === undefined ? found.evidence : [probe.words, ...found.evidence]
    return { service: service.name, target: target.url, ...found, evidence }
  })
}

function verdicts(
  cluster: Cluster | null,
  { targets }: ServiceConfig,
  call: { guest: Guest; method: string; template: string },
) {
  return cluster === null ? [] : targets.map(target => sidecarVerdict(cluster, target, call))
}

/** Used means that nobody stopped him; refused or sent away every time means that somebody did. */
function throughOf({ granted, used, denied, refused }: Privilege): Enforcement['through'] {
  if (granted === 'no') return 'gateway'
  if (used > 0) return 'nobody'
  if (denied > 0) return 'application'
  if (granted === 'unknown') return refused > 0 ? 'gateway' : 'unknown'
  return 'nobody'
}

function aroundOf(
  { denied, used }: Privilege,
  targets: readonly Reachability[],
  sidecar: readonly string[],
): Pick<Enforcement, 'around' | 'because'> {
  const because = [...new Set(targets.flatMap(({ evidence }) => evidence))].slice(0, 6)
  if (targets.length > 0 && targets.every(({ reach }) => reach === 'limited' || reach === 'closed'))
    return { around: 'network', because }
  if (sidecar.length > 0 && sidecar.every(verdict => verdict === 'denied'))
    return { around: 'sidecar', because: ['an AuthorizationPolicy of the mesh lets him not', ...because] }
  // The service sends him away also when he comes through the gateway: it decides for itself.
  if (denied > 0 && used === 0)
    return { around: 'application', because: [`the service sent him away ${denied} times`, ...because] }
  if (targets.some(({ reach }) => reach === 'open')) return { around: 'nobody', because }
  return { around: 'unknown', because: because.length > 0 ? because : ['no file says who reaches the service'] }
}

function bypassFinding(
  { service, target, reach, sources, evidence }: Reachability,
  probed: readonly Probed[],
): Finding[] {
  if (reach !== 'open') return []
  const tried = probed.some(one => one.target === target && one.status !== null)
  return [
    {
      rule: 'gateway-bypass',
      severity: 'critical',
      subject: `service ${service}`,
      message: `${target} is reachable around the gateway: ${sources.join(', ')}.`,
      evidence,
      confidence: tried ? 1 : 0.9,
      fix: {
        advice:
          'Let the network take connections to it from the gateway alone, and ask for a client certificate of the gateway.',
      },
      references: ['API8:2023', 'CWE-288', 'CWE-923', 'NIST SP 800-204 MS-SS-1'],
    },
  ]
}
