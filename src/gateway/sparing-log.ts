import type { Clock, Log } from '../core/host.ts'

const WINDOW_MS = 10_000
const LINES_PER_WINDOW = 20
const KINDS_MAX = 64

/**
 * A log for what strangers can cause as often as they like: at most 20 lines of each message in 10 s. Every line crosses to the main
 * thread and is a write that blocks it, so a flood of broken handshakes would keep it from everything else and fill the disk.
 * What was left out is counted in the first line of the next window; the metrics count all.
 */
export function sparingLog(log: Log, clock: Clock): Log {
  const kinds = new Map<string, { sinceMs: number; lines: number; left: number }>()
  const sparing =
    (level: 'info' | 'warn' | 'error'): Log['info'] =>
    (message, facts = {}) => {
      const now = clock.monotonic()
      let kind = kinds.get(message)
      if (kind === undefined) {
        if (kinds.size >= KINDS_MAX) kinds.clear()
        kinds.set(message, (kind = { sinceMs: now, lines: 0, left: 0 }))
      }
      let left = 0
      if (now - kind.sinceMs >= WINDOW_MS) {
        left = kind.left
        Object.assign(kind, { sinceMs: now, lines: 0, left: 0 })
      }
      if (kind.lines >= LINES_PER_WINDOW) {
        kind.left++
        return
      }
      kind.lines++
      log[level](message, left === 0 ? facts : { ...facts, leftOut: left })
    }
  return { info: sparing('info'), warn: sparing('warn'), error: sparing('error') }
}
