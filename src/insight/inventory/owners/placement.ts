import type { Owner } from '../../model/operation.ts'

/** What one source says of who stands behind an address or a service. */
export type OwnerFacts = Omit<Owner, 'source'>

/** In order of trust: what an operator wrote outweighs what the platform says, that what programs say of themselves. */
export const ownerSources = ['configuration', 'kubernetes', 'span', 'mtls'] as const

export type OwnerSource = (typeof ownerSources)[number]

/** Who had an address, and when. An address that is used again has several, one after the other. */
export interface Placement {
  /** IP address without port, or host name, lower case. */
  readonly address: string
  /** Unix time, ms. */
  readonly fromMs: number
  /** null: still there, as far as is known. */
  readonly toMs: number | null
  readonly owner: OwnerFacts
  readonly source: OwnerSource
  /** The scenario of detection that the cluster names for it while it is there. */
  readonly scenario?: string
}

export const nobody: OwnerFacts = {
  pod: null,
  workload: null,
  service: null,
  application: null,
  tenant: null,
  contact: null,
}

/** `http://10.0.0.5:8080/`, `10.0.0.5:8080`, `[2001:db8::1]:80`, `orders.shop.svc:80` → the address or name alone, lower case. */
export function addressOf(target: string): string {
  if (target.startsWith('unix:')) return target
  const authority = (/^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/?#]*)/i.exec(target)?.[1] ?? target).toLowerCase()
  const bracketed = /^\[([^\]]*)\]/.exec(authority)?.[1]
  if (bracketed !== undefined) return bracketed
  return authority.split(':').length === 2 ? authority.replace(/:\d+$/, '') : authority
}

/** What an operator said of the owner, over what was known. */
export function withOperator(
  known: Owner | null,
  { application, tenant, contact }: Pick<Owner, 'application' | 'tenant' | 'contact'>,
): Owner {
  const base: OwnerFacts = known ?? nobody
  return {
    ...base,
    application: application ?? base.application,
    tenant: tenant ?? base.tenant,
    contact: contact ?? base.contact,
    source: known === null ? 'operator' : `operator, ${known.source}`,
  }
}

/** Many programs of one machine share this address, so who shows himself at it is not who answers there. */
export function isOwnMachine(address: string): boolean {
  return /^127\.|^::1$|^localhost$/.test(address)
}
