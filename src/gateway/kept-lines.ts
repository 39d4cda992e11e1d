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
 * `Connection`, and those in `removed` (lower-case names). Neighbouring lines are taken in one slice, so that the usual head costs one.
 */
export function keptLines(head: Lines, dropped: number, removed: readonly string[] | null): string {
  const { text, offsets, flags } = head
  const count = flags.length
  if (count === 0) return ''
  const byName = (removed !== null && removed.length > 0) || head.named !== null
  if (!byName && (head.union & dropped) === 0) return text.slice(offsets[0])
  let kept = ''
  let runStart = -1
  for (let index = 0; index < count; index++) {
    const start = offsets[index * 4] as number
    const drop =
      ((flags[index] as number) & dropped) !== 0 ||
      (byName && isNamed(text.slice(start, offsets[index * 4 + 1]).toLowerCase(), head.named, removed))
    if (drop) {
      if (runStart >= 0) kept += text.slice(runStart, start)
      runStart = -1
    } else if (runStart < 0) runStart = start
  }
  return runStart < 0 ? kept : kept + text.slice(runStart)
}

function isNamed(name: string, named: readonly string[] | null, removed: readonly string[] | null): boolean {
  if ((named?.includes(name) ?? false) || (removed?.includes(name) ?? false)) return true
  // What a policy takes away goes in the spelling with `_` too, which CGI-style services cannot tell from the other.
  return removed !== null && name.includes('_') && removed.includes(name.replaceAll('_', '-'))
}
