// Hot path: the header block of every forwarded message.

/** What the codec knows of a received head. */
interface Lines {
  readonly text: string
  readonly offsets: readonly number[]
  readonly flags: readonly number[]
  readonly union: number
  /** Names that `Connection` declared hop-by-hop. */
  readonly named: readonly string[] | null
}

/**
 * The lines of a head that go on to the next hop, as they arrived: all but those with one of the `dropped` flags, those named by
 * `Connection`, and those in `removed` (lower-case names); with `startLine` the start line in front of them. Neighbouring lines are
 * taken in one slice, so that the usual head costs one or two: every piece of a text is paid for again when it is written out.
 */
export function keptLines(head: Lines, dropped: number, removed: readonly string[] | null, startLine = false): string {
  const { text, offsets, flags } = head
  const count = flags.length
  const start = startLine ? 0 : (offsets[0] ?? text.length)
  const byName = (removed !== null && removed.length > 0) || head.named !== null
  if (!byName && (head.union & dropped) === 0) return text.slice(start)
  let kept = ''
  let runStart = startLine ? 0 : -1
  for (let index = 0; index < count; index++) {
    const lineStart = offsets[index * 4] as number
    const drop =
      ((flags[index] as number) & dropped) !== 0 ||
      (byName && isNamed(text.slice(lineStart, offsets[index * 4 + 1]).toLowerCase(), head.named, removed))
    if (drop) {
      if (runStart >= 0 && runStart < lineStart) kept += text.slice(runStart, lineStart)
      runStart = -1
    } else if (runStart < 0) runStart = lineStart
  }
  return runStart < 0 ? kept : kept + text.slice(runStart)
}

function isNamed(name: string, named: readonly string[] | null, removed: readonly string[] | null): boolean {
  if ((named?.includes(name) ?? false) || (removed?.includes(name) ?? false)) return true
  // What a policy takes away goes in the spelling with `_` too, which CGI-style services cannot tell from the other.
  return removed !== null && name.includes('_') && removed.includes(name.replaceAll('_', '-'))
}
