// Hot path: `callerName` once per event.
import { addressBlock, formatIPv4, parseIPv4 } from '../../lib/address.ts'
import { callerNameMax, principalName as nameOf } from '../../lib/caller-name.ts'
import type { EventRecord } from '../model/event-record.ts'

/** Names put together lately: by subject, and by address. When one is full it begins anew, so a flood of callers costs time and no memory. */
const rememberedMax = 16_384
const principals = new Map<
  string,
  { readonly principal: NonNullable<EventRecord['principal']>; readonly name: string }
>()
const addresses = new Map<string, string>()

/** A verified principal, or null: `anonymous` adds nobody. */
export function provenBy(event: EventRecord): EventRecord['principal'] {
  return event.principal === null || event.principal.method === 'anonymous' ? null : event.principal
}

/**
 * Who called, as the inventory counts it: `method issuer subject` of a verified principal (`-`: no issuer), else `address` and the client's
 * network. A single address changes too often to be anybody.
 */
export function callerName(event: EventRecord): string {
  const principal = provenBy(event)
  return principal === null ? addressName(event.client) : principalName(principal)
}

function addressName(client: string): string {
  const known = addresses.get(client)
  if (known !== undefined) return known
  const name = `address ${networkOf(client)}`
  if (addresses.size >= rememberedMax) addresses.clear()
  addresses.set(client, name)
  return name
}

function principalName(principal: NonNullable<EventRecord['principal']>): string {
  const { method, issuer, subject } = principal
  const known = principals.get(subject)
  if (known !== undefined && known.principal.method === method && known.principal.issuer === issuer) return known.name
  const name = nameOf(method, issuer, subject)
  if (principals.size >= rememberedMax) principals.clear()
  principals.set(subject, { principal, name })
  return name
}

/** The principal of a caller's name; null for an address, and for a name that was cut. */
export function principalOf(
  caller: string,
): { readonly method: string; readonly issuer: string; readonly subject: string } | null {
  const [, method = '', issuer = '', subject = ''] = /^(\S+) (\S+) (.+)$/su.exec(caller) ?? []
  if (method === '' || method === 'address' || caller.length > callerNameMax) return null
  try {
    return { method, issuer: issuer === '-' ? '' : decodeURIComponent(issuer), subject }
  } catch {
    return null
  }
}

/** `192.0.2.7` → `192.0.2.0/24`, `2001:db8::1` → `2001:db8:0:0::/64`; what is no address stays as it is. */
export function networkOf(client: string): string {
  const block = addressBlock(client)
  const v4 = parseIPv4(block)
  return v4 === -1 ? block.slice(0, callerNameMax) : `${formatIPv4((v4 & 0xffffff00) >>> 0)}/24`
}
