import { request } from 'undici'
import type { Operation, Owner } from '../src/insight/model/operation.ts'

interface Services {
  readonly services: readonly {
    readonly name: string
    readonly operations: number
    readonly calls: number
    readonly owner: Owner | null
  }[]
}

interface Posture {
  readonly findings: readonly {
    readonly rule: string
    readonly severity: string
    readonly subject: string
    readonly message: string
    readonly fix: { readonly advice: string; readonly patch?: string }
  }[]
  readonly scores: { readonly overall: number | null }
}

interface ServiceMap {
  readonly edges: readonly {
    readonly from: string | null
    readonly to: string
    readonly calls: number
    readonly errors: number
    readonly latency: { readonly p50: number }
  }[]
}

interface Surface {
  readonly surplus: number
  readonly surplusAfter: number
  readonly blastRadius: { readonly calls: number }
}

/** Asks the control API of the running gateway; null: it did not answer, or not yet. */
export type Ask = (path: string) => Promise<unknown>

export function controlApi(url: string, token: string): Ask {
  return async path => {
    try {
      const { statusCode, body } = await request(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
      if (statusCode === 200) return await body.json()
      await body.dump()
    } catch {
      // A connection that the server closed just then: whoever asks asks again.
    }
    return null
  }
}

/** What insight has learnt, in words: operations, owners, weak spots with patches, what nobody needs, and who calls whom. null: not yet. */
export async function learntInWords(ask: Ask, folder: string): Promise<string | null> {
  const [inventory, services, posture, map, surface] = await Promise.all(
    ['/inventory', '/services', '/posture', '/service-map', '/surface'].map(ask),
  )
  if ([inventory, services, posture, map, surface].includes(null)) return null
  // Traces end half a minute after their last span.
  if ((map as ServiceMap).edges.length === 0) return null
  const { operations } = inventory as { readonly operations: readonly Operation[] }
  return [
    'What it has learnt from this traffic alone:',
    '',
    ...inventoryLines(operations, services as Services),
    '',
    ...postureLines(posture as Posture),
    '',
    ...surfaceLines(surface as Surface),
    '',
    ...mapLines(map as ServiceMap, operations),
    '',
    'Look closer; these read what the running gateway keeps:',
    '',
    ...closerLines(folder),
    '',
  ].join('\n')
}

function inventoryLines(operations: readonly Operation[], { services }: Services): string[] {
  const seen = services.filter(({ calls }) => calls > 0)
  const personal = operations.filter(({ classes }) => classes.length > 0).length
  return [
    `  ${operations.length} operations of ${seen.length} services, ${personal} of them with personal or secret data. Whose they are:`,
    ...seen.map(({ name, operations: count, calls, owner }) => {
      const whose =
        owner === null
          ? 'nobody has said whose'
          : `${owner.application ?? '?'}, ${owner.tenant ?? '?'}, ${owner.contact ?? '?'}`
      return `    ${name.padEnd(14)} ${String(count).padStart(3)} operations ${String(calls).padStart(6)} calls   ${whose}`
    }),
  ]
}

function postureLines({ findings, scores }: Posture): string[] {
  const counts = ['critical', 'high', 'medium', 'low'].flatMap(severity => {
    const count = findings.filter(finding => finding.severity === severity).length
    return count === 0 ? [] : [`${count} ${severity}`]
  })
  // The worst of each kind, so that one kind does not fill the screen.
  const worst = [...new Map(findings.toReversed().map(finding => [finding.rule, finding])).values()].toReversed()
  const patched = findings.find(({ fix, severity }) => fix.patch !== undefined && severity !== 'info')
  return [
    `  Weak spots: ${counts.join(', ') || 'none'}; ${scores.overall ?? '?'} of 100 points. Some of the worst:`,
    ...worst
      .slice(0, 5)
      .flatMap(({ severity, message, fix }) => [`    ${severity}: ${message}`, `      ${fix.advice}`]),
    ...(patched === undefined
      ? []
      : [
          `  and one that a patch closes (${patched.message}):`,
          ...(patched.fix.patch ?? '')
            .trimEnd()
            .split('\n')
            .slice(0, 12)
            .map(line => `      ${line}`),
        ]),
  ]
}

function surfaceLines({ surplus, surplusAfter, blastRadius }: Surface): string[] {
  return [
    `  Nobody used ${surplus} permissions that callers have; a patch closes ${surplus - surplusAfter} of them and would have refused ${blastRadius.calls} calls.`,
  ]
}

function mapLines({ edges }: ServiceMap, operations: readonly Operation[]): string[] {
  const behind = edges.filter(({ from }) => from === 'portcullis').toSorted((a, b) => b.calls - a.calls)
  // Who a service is was proven by its certificate.
  const among = new Map<string, Map<string, number>>()
  for (const { service, callers } of operations)
    for (const { caller, calls } of callers) {
      const from = /^mtls .* spiffe:\/\/.*\/([^/]+)$/.exec(caller)?.[1]
      if (from === undefined) continue
      const to = among.get(from) ?? new Map<string, number>()
      among.set(from, to.set(service, (to.get(service) ?? 0) + calls))
    }
  return [
    '  Service map: through the gateway (calls, failed, half of them within)',
    ...behind.map(
      ({ to, calls, errors, latency }) =>
        `    → ${to.padEnd(14)} ${String(calls).padStart(6)} ${String(errors).padStart(4)}   ${latency.p50.toFixed(1)} ms`,
    ),
    '  and the services among themselves (calls)',
    ...[...among]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([from, to]) => `    ${from} → ${[...to].map(([name, calls]) => `${name} ${calls}`).join(', ')}`),
  ]
}

/** Copied as they are. */
export function closerLines(folder: string): string[] {
  const gateway = `--config ${folder}/gateway`
  const orders = `--service orders --openapi orders=${folder}/openapi/orders.json`
  return [
    `./portcullis inventory ${gateway}`,
    `./portcullis inventory changes --state ${folder}/state ${gateway} ${orders}`,
    `./portcullis inventory export ${gateway} --service orders`,
    `./portcullis posture ${gateway} --service payments`,
    `./portcullis surface ${gateway} --callers`,
    `./portcullis traces list --state ${folder}/state`,
    `./portcullis traces map --state ${folder}/state`,
  ]
}
