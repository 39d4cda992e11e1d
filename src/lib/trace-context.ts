// Hot path: once per exchange.

/** What a hop passes on (W3C Trace Context, second edition). Ids and flags are lower-case hex. */
export interface TraceContext {
  /** 32 digits, never all zero. */
  readonly traceId: string
  /** 16 digits: the caller's span; '' when the trace begins here. */
  readonly parentId: string
  /** Two digits; only the bits sampled (1) and random (2) are ever set. */
  readonly flags: string
}

const traceparent = /^[\t ]*([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?[\t ]*$/
const zeroTrace = '0'.repeat(32)
const zeroSpan = '0'.repeat(16)
const flagTexts = ['00', '01', '02', '03'] as const

/**
 * Reads all `traceparent` lines of a message; null when the trace has to begin anew: none, several (neither of two parents may win),
 * or one that is not exactly right (§3.2). A version above 00 is read as if it were 00; `ff` is no version.
 */
export function parseTraceparent(lines: readonly string[]): TraceContext | null {
  if (lines.length !== 1) return null
  const [, version, traceId, parentId, flags, rest] = traceparent.exec(lines[0] as string) ?? []
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return null
  if (traceId === undefined || traceId === zeroTrace || parentId === undefined || parentId === zeroSpan) return null
  return { traceId, parentId, flags: flagTexts[Number.parseInt(flags ?? '', 16) & 3] as string }
}

const membersMax = 32
const member = /^([a-z\d][a-z\d_*/@-]{0,255})=((?:[ -+\--<>-~]{0,255})[!-+\--<>-~])$/

/**
 * All `tracestate` lines as one list in normal form; '' when there is none or when any member is not well-formed or the list has more than 32
 * (§3.3: what cannot be parsed whole is discarded whole). Of a key that occurs twice the first stays.
 */
export function normalTracestate(lines: readonly string[]): string {
  const members = new Map<string, string>()
  let count = 0
  for (const line of lines) {
    for (const part of line.split(',')) {
      // White space in front of a key is none of it; inside and in front of a value it is.
      const text = withoutEdges(part)
      if (text === '') continue
      const [, key, value] = member.exec(text) ?? []
      if (key === undefined || value === undefined || ++count > membersMax) return ''
      if (!members.has(key)) members.set(key, value)
    }
  }
  return [...members].map(([key, value]) => `${key}=${value}`).join(',')
}

/** Without spaces and tabs at both ends. Not by a pattern: one that looks for spaces before the end tries it from each of 30,000 spaces inside, 1 s. */
function withoutEdges(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9
}

/** Flags of a trace that begins here: its id is random, and what it leads to may be recorded. */
export const newTraceFlags = '03'

export interface TraceIds {
  /** 32 random hex digits, not all zero. */
  trace(): string
  /** 16 random hex digits, not all zero. */
  span(): string
}

const poolBytes = 4096

/** Makes ids from random bytes, drawn 4 KiB at a time: a draw per id costs ten times as much. `fill` fills an array with them (`randomFillSync`). */
export function createTraceIds(fill: (bytes: Uint8Array) => void): TraceIds {
  const pool = Buffer.alloc(poolBytes)
  // The digits of the whole pool at once: an id is then a slice of them, which costs a tenth of a conversion.
  let digits = ''
  let used = 0
  function take(length: number): string {
    for (;;) {
      if (used + length > digits.length) {
        fill(pool)
        digits = pool.toString('hex')
        used = 0
      }
      used += length
      const id = digits.slice(used - length, used)
      if (!id.startsWith('00000000') || !/^0+$/.test(id)) return id
    }
  }
  return { trace: () => take(32), span: () => take(16) }
}
