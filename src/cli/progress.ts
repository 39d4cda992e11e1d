/** A line that is written over and over on a terminal: how far, how fast, how long still. Nothing at all elsewhere. */
export interface Progress {
  /** `done` of `total` (bytes; 0: unknown), and how many items that was. Cheap: writes five times a second at most. */
  at(done: number, total: number, items: number): void
  /** Wipes the line. */
  end(): void
}

const everyMs = 200

/** `now` in ms; `terminal` false: a program reads along. */
export function createProgress(out: { write(text: string): unknown }, terminal: boolean, now: () => number): Progress {
  const begun = now()
  let shownAt = Number.NEGATIVE_INFINITY
  return {
    at(done, total, items) {
      const time = now()
      if (!terminal || time - shownAt < everyMs) return
      shownAt = time
      out.write(`\r\u001b[K${progressWords({ done, total, items, seconds: (time - begun) / 1000 })}`)
    },
    end() {
      if (terminal && shownAt > Number.NEGATIVE_INFINITY) out.write('\r\u001b[K')
    },
  }
}

/** `42 %  1,234,567 items  98,000/s  12 s left`. */
export function progressWords(at: {
  readonly done: number
  readonly total: number
  readonly items: number
  readonly seconds: number
}): string {
  const { done, total, items, seconds } = at
  const rate = seconds > 0 ? `${grouped(Math.round(items / seconds))}/s` : ''
  const share = total > 0 ? Math.min(1, done / total) : null
  const left = share === null || share === 0 ? '' : `${timeWords((seconds / share) * (1 - share))} left`
  return [share === null ? '' : `${Math.floor(share * 100)} %`, `${grouped(items)} items`, rate, left]
    .filter(word => word !== '')
    .join('  ')
}

/** 1234567 → `1,234,567`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US')
}

function timeWords(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
