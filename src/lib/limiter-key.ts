/**
 * Joins key parts so that no two different lists give one text: each part is preceded by its length, a missing one is `-`.
 * Without the lengths `['ab', 'c']` and `['a', 'bc']` would share a counter, and a client could spend another's budget.
 */
export function joinKeyParts(parts: readonly (string | null)[]): string {
  let joined = ''
  for (const part of parts) joined += part === null ? '-' : `${part.length}:${part}`
  return joined
}

/**
 * The limiter key of a client address: IPv4 as it is, IPv6 as its /64, since one subscriber owns a whole /64 and could otherwise take a
 * new key for each request (RFC 6177). Anything that is not an address stays as it is: still one key, never an error.
 */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address
  const zone = address.indexOf('%')
  const bare = zone === -1 ? address : address.slice(0, zone)
  const [head = '', tail] = bare.split('::', 2)
  const left = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const right = tail === '' ? 0 : tail.split(':').length + (tail.includes('.') ? 1 : 0)
    while (left.length + right < 8) left.push('0')
    if (left.length < 4) left.push(...tail.split(':'))
  }
  const prefix = left.slice(0, 4).map(group => Number.parseInt(group, 16))
  return prefix.length === 4 && prefix.every(group => group >= 0 && group <= 0xffff)
    ? `${prefix.map(group => group.toString(16)).join(':')}::/64`
    : address
}
