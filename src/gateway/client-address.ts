import type { Client } from '../core/exchange.ts'
import { Fields } from '../core/fields.ts'
import { unmapAddress } from '../lib/address.ts'
import type { CidrSet } from '../lib/cidr-set.ts'
import type { RequestHead } from '../net/h1/request-head.ts'

/**
 * Who really calls, when the peer is a proxy that the configuration trusts: the last address of `X-Forwarded-For` that is not itself trusted.
 * Anything in it that is not an address ends the search, since nothing to the left of it can be believed.
 */
export function clientBehindProxies(peer: Client, head: RequestHead, trusted: CidrSet): Client {
  if (trusted.has(peer.address) !== true) return peer
  const hops = new Fields(head.text, head.offsets).get('x-forwarded-for')?.split(',') ?? []
  let client = peer
  for (let i = hops.length - 1; i >= 0; i--) {
    const address = unmapAddress((hops[i] as string).trim())
    const believed = trusted.has(address)
    if (believed === null) return client
    client = { address, port: 0 }
    if (!believed) return client
  }
  return client
}
