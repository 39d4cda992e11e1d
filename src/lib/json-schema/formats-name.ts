/** RFC 2673 §3.2: four decimal octets, no leading zeros (`010` is 8 to some readers). */
export function isIpv4(text: string): boolean {
  return text.length <= 15 && /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/.test(text)
}

/** RFC 4291 §2.2. */
export function isIpv6(text: string): boolean {
  if (text.length > 45 || !/^[0-9A-Fa-f:.]+$/.test(text)) return false
  let rest = text
  let groups = 0
  const last = rest.lastIndexOf(':')
  if (rest.includes('.')) {
    if (last < 0 || !isIpv4(rest.slice(last + 1))) return false
    groups = 2
    rest = rest[last - 1] === ':' ? rest.slice(0, last + 1) : rest.slice(0, last)
  }
  const halves = rest.split('::')
  if (halves.length > 2) return false
  for (const half of halves) {
    if (half === '') continue
    for (const group of half.split(':')) {
      if (!/^[0-9A-Fa-f]{1,4}$/.test(group)) return false
      groups++
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8
}

/**
 * RFC 1123 §2.1. A-labels (`xn--`) are refused: whether one is valid needs the tables of IDNA 2008 (RFC 5892), and what a
 * browser shows for an invalid one is anybody's guess.
 */
export function isHostname(text: string): boolean {
  return isDomain(text) && !/(?:^|\.)xn--/i.test(text)
}

/** RFC 5321 §4.1.2 Domain: letters, digits and hyphens, whatever they may encode. */
function isDomain(text: string): boolean {
  return text.length <= 253 && text.split('.').every(isLabel)
}

function isLabel(label: string): boolean {
  if (label.length > 63 || !/^[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?$/.test(label)) return false
  // RFC 5891 §4.2.3.1: two hyphens in places 3 and 4 are kept for A-labels.
  return label.slice(2, 4) !== '--' || /^xn--/i.test(label)
}

/** RFC 5321 §4.1.2 Mailbox. */
export function isEmail(text: string): boolean {
  return isMailbox(
    text,
    asciiQuoted,
    /^[!#$%&'*+/=?^_`{|}~0-9A-Za-z-]+(?:\.[!#$%&'*+/=?^_`{|}~0-9A-Za-z-]+)*$/,
    isDomain,
  )
}

/** RFC 6531: the same with UTF-8 in the local part and U-labels. */
export function isIdnEmail(text: string): boolean {
  return isMailbox(
    text,
    /^"(?:[\x20\x21\x23-\x5b\x5d-\x7e\u{80}-\u{10ffff}]|\\[\x20-\x7e])*"$/u,
    /^[!#$%&'*+/=?^_`{|}~0-9A-Za-z\u{80}-\u{10ffff}-]+(?:\.[!#$%&'*+/=?^_`{|}~0-9A-Za-z\u{80}-\u{10ffff}-]+)*$/u,
    host => /^[^\s@.]+(?:\.[^\s@.]+)*$/u.test(host) && host.split('.').every(l => /[^\0-\x7f]/.test(l) || isLabel(l)),
  )
}

const asciiQuoted = /^"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*"$/

function isMailbox(text: string, quotedString: RegExp, dotString: RegExp, isHost: (host: string) => boolean): boolean {
  if (text.length > 320) return false
  const at = text.lastIndexOf('@')
  if (at < 1) return false
  const local = text.slice(0, at)
  const host = text.slice(at + 1)
  const quoted = local.startsWith('"') && quotedString.test(local)
  if (!quoted && !dotString.test(local)) return false
  if (!host.startsWith('[')) return isHost(host)
  if (!host.endsWith(']')) return false
  const literal = host.slice(1, -1)
  return /^IPv6:/i.test(literal) ? isIpv6(literal.slice(5)) : isIpv4(literal)
}
