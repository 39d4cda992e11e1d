// Hot path: every connection and every address list reads addresses here.

/** Eight 16-bit groups of an IPv6 address, filled by parseIPv6; one per reader, so that nothing is allocated per call. */
export type Groups = Uint16Array

/**
 * The IPv4 address before `end` as an unsigned 32-bit number, or -1. Only four plain decimals: `010.0.0.1` and `0x7f.1` mean
 * different things to different readers.
 */
export function parseIPv4(text: string, end: number = text.length): number {
  return readIPv4(text, 0, end)
}

/**
 * Reads an IPv6 address (RFC 4291 §2.2, with a final dotted IPv4) into `groups`; false when it is none. A zone (`%eth0`) is
 * ignored: it names a link of this machine, not an address.
 */
export function parseIPv6(text: string, groups: Groups): boolean {
  const zone = text.indexOf('%')
  const length = zone === -1 ? text.length : zone
  let at = 0
  let group = 0
  let gap = -1
  if (length >= 2 && text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false
    gap = 0
    at = 2
  }
  while (at < length) {
    if (group === 8) return false
    const start = at
    let value = 0
    while (at < length && at - start < 5) {
      const digit = hexDigit(text.charCodeAt(at))
      if (digit === -1) break
      value = value * 16 + digit
      at++
    }
    if (at < length && text.charCodeAt(at) === DOT) {
      const v4 = group > 6 ? -1 : readIPv4(text, start, length)
      if (v4 === -1) return false
      groups[group++] = v4 >>> 16
      groups[group++] = v4 & 0xffff
      at = length
      break
    }
    if (at === start || at - start > 4) return false
    groups[group++] = value
    if (at === length) break
    if (text.charCodeAt(at) !== COLON) return false
    at++
    if (at === length) return false
    if (text.charCodeAt(at) === COLON) {
      if (gap !== -1) return false
      gap = group
      at++
    }
  }
  if (gap === -1) return group === 8
  if (group > 7) return false
  groups.copyWithin(gap + 8 - group, gap, group)
  groups.fill(0, gap, gap + 8 - group)
  return true
}

/** The IPv4 address inside `::ffff:0:0/96` as an unsigned 32-bit number, or -1: a dual-stack socket shows IPv4 callers so. */
export function mappedIPv4(groups: Groups): number {
  for (let i = 0; i < 5; i++) if (groups[i] !== 0) return -1
  if (groups[5] !== 0xffff) return -1
  return (groups[6] as number) * 65_536 + (groups[7] as number)
}

/** The address as it is used everywhere: `::ffff:1.2.3.4` is `1.2.3.4`, no zone; what is no address stays as it is. */
export function unmapAddress(text: string): string {
  if (text.indexOf(':') === -1) return text
  const groups = new Uint16Array(8)
  if (!parseIPv6(text, groups)) return text
  const v4 = mappedIPv4(groups)
  if (v4 !== -1) return formatIPv4(v4)
  const zone = text.indexOf('%')
  return zone === -1 ? text : text.slice(0, zone)
}

/**
 * Who counts as one caller: an IPv4 address, or the /64 of an IPv6 one (`2001:db8:0:1::/64`), since a single host owns at least
 * a /64 and could use a new address for every guess. What is no address stays as it is.
 */
export function addressBlock(text: string): string {
  if (text.indexOf(':') === -1) return text
  const groups = new Uint16Array(8)
  if (!parseIPv6(text, groups)) return text
  const v4 = mappedIPv4(groups)
  if (v4 !== -1) return formatIPv4(v4)
  const hex = (i: number): string => (groups[i] as number).toString(16)
  return `${hex(0)}:${hex(1)}:${hex(2)}:${hex(3)}::/64`
}

export function formatIPv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

const COLON = 58
const DOT = 46

function readIPv4(text: string, from: number, to: number): number {
  let value = 0
  let at = from
  for (let part = 0; part < 4; part++) {
    if (part > 0) {
      if (at >= to || text.charCodeAt(at) !== DOT) return -1
      at++
    }
    const start = at
    let octet = 0
    while (at < to && at - start < 3) {
      const digit = text.charCodeAt(at) - 48
      if (digit < 0 || digit > 9) break
      octet = octet * 10 + digit
      at++
    }
    if (at === start || octet > 255) return -1
    if (at - start > 1 && text.charCodeAt(start) === 48) return -1
    value = value * 256 + octet
  }
  return at === to ? value : -1
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lowered = code | 32
  return lowered >= 97 && lowered <= 102 ? lowered - 87 : -1
}
