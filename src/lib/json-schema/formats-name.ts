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

/** RFC 5321 §4.1.2 Domain: letters, digits and hyphens, whatever they may encode. A loop: split and expressions cost four times as much. */
function isDomain(text: string): boolean {
  if (text.length > 253) return false
  let start = 0
  for (let i = 0; i <= text.length; i++) {
    const c = i === text.length ? dot : text.charCodeAt(i)
    if (c === dot) {
      if (!isLabelEnd(text, start, i)) return false
      start = i + 1
    } else if (ldh[c] !== 1) return false
  }
  return true
}

function isLabelEnd(text: string, start: number, end: number): boolean {
  if (end === start || end - start > 63 || text[start] === '-' || text[end - 1] === '-') return false
  // RFC 5891 §4.2.3.1: two hyphens in places 3 and 4 are kept for A-labels.
  return (
    text[start + 2] !== '-' || text[start + 3] !== '-' || end - start < 4 || /^xn$/i.test(text.slice(start, start + 2))
  )
}

/** RFC 5321 §4.1.2 Mailbox. */
export function isEmail(text: string): boolean {
  return isMailbox(text, false, isDomain)
}

/** RFC 6531: the same with UTF-8 in the local part and U-labels. */
export function isIdnEmail(text: string): boolean {
  return isMailbox(text, true, host => host.split('.').every(label => isDomain(label) || isULabel(label)))
}

/** A label with something beyond ASCII in it, and of ASCII only letters, digits and inner hyphens. */
function isULabel(label: string): boolean {
  return (
    label.length <= 63 &&
    /[^\0-\x7f]/u.test(label) &&
    /^[0-9A-Za-z\u{80}-\u{10ffff}-]*$/u.test(label) &&
    !/^-|-$|\s/u.test(label)
  )
}

function isMailbox(text: string, international: boolean, isHost: (host: string) => boolean): boolean {
  if (text.length > 320) return false
  const at = text.lastIndexOf('@')
  if (at < 1) return false
  const quoted = text.charCodeAt(0) === 0x22
  if (!(quoted ? isQuotedString(text, at, international) : isDotString(text, at, international))) return false
  const host = text.slice(at + 1)
  if (!host.startsWith('[')) return isHost(host)
  if (!host.endsWith(']')) return false
  const literal = host.slice(1, -1)
  return /^IPv6:/i.test(literal) ? isIpv6(literal.slice(5)) : isIpv4(literal)
}

/** Atoms with single dots between them, up to `end`. */
function isDotString(text: string, end: number, international: boolean): boolean {
  let last = dot
  for (let i = 0; i < end; i++) {
    const c = text.charCodeAt(i)
    if (c === dot ? last === dot : c < 0x80 ? atext[c] !== 1 : !international) return false
    last = c
  }
  return last !== dot
}

/** `"…"` up to `end`, with backslashes before quotes and backslashes. */
function isQuotedString(text: string, end: number, international: boolean): boolean {
  for (let i = 1; i < end - 1; i++) {
    let c = text.charCodeAt(i)
    if (c === 0x22) return false
    if (c === 0x5c) {
      c = text.charCodeAt(++i)
      if (i === end - 1 || c > 0x7e) return false
    }
    if (c < 0x20 || c === 0x7f || (c > 0x7f && !international)) return false
  }
  return end > 1 && text.charCodeAt(end - 1) === 0x22
}

const dot = 0x2e
const ldh = tableOf('-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')
const atext = tableOf("!#$%&'*+-/0123456789=?ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~")

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(128)
  for (const c of characters) table[c.charCodeAt(0)] = 1
  return table
}
