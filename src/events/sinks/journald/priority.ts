/** Syslog severities: pass and reply are information, a refusal is a warning, an error is an error. */
const priorities: Readonly<Record<string, string>> = { pass: '<6>', reply: '<6>', refuse: '<4>', error: '<3>' }

// No value can spell this: inside a JSON string every quote has a backslash in front.
const verdictKey = '"verdict":"'

/** The same lines with `<N>` in front of each, by verdict; a line without a verdict that is known counts as an error. */
export function withPriorities(lines: Uint8Array): Uint8Array {
  // Events are ASCII; latin-1 keeps any other byte as it is.
  const text = Buffer.from(lines.buffer, lines.byteOffset, lines.length).toString('latin1')
  let out = ''
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start) + 1 || text.length
    const line = text.slice(start, end)
    const at = line.indexOf(verdictKey)
    const word = at < 0 ? '' : line.slice(at + verdictKey.length, line.indexOf('"', at + verdictKey.length))
    out += (Object.hasOwn(priorities, word) ? priorities[word] : '<3>') + line
    start = end
  }
  return Buffer.from(out, 'latin1')
}
