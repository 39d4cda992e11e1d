import { type Call, inclusiveMs } from './chain-system.ts'

/** One latency per call path, as `vectors` has it: the mean of all calls with that path, rounded to whole ms when `whole`. */
export function edgesOf(trace: Call, whole: boolean): Record<string, number> {
  const sums = new Map<string, [sum: number, count: number]>()
  const walk = (call: Call, above: string): void => {
    const path = `${above}/${call.service} ${call.operation}`
    const sum = sums.get(path) ?? [0, 0]
    sum[0] += inclusiveMs(call)
    sum[1]++
    sums.set(path, sum)
    for (const child of call.children) walk(child, path)
  }
  walk(trace, '')
  return Object.fromEntries(
    [...sums].map(([path, [sum, count]]) => [path, whole ? Math.round(sum / count) : sum / count]),
  )
}

/** The lines of a trace as `spans` has it. */
export function spanLinesOf(trace: Call, traceId: string, startUs: number): string[] {
  const lines: string[] = []
  const walk = (call: Call, parentId: string | null, from: number): number => {
    const spanId = `${traceId}-${lines.length}`
    const place = lines.length
    lines.push('')
    let at = from + Math.round((call.selfMs * 1000) / 2)
    for (const child of call.children) at = walk(child, spanId, at)
    const to = at + Math.round((call.selfMs * 1000) / 2)
    lines[place] = JSON.stringify({
      traceId,
      spanId,
      parentId,
      service: call.service,
      operation: call.operation,
      startUs: from,
      durationUs: to - from,
      status: call.failed ? 'error' : 'ok',
      attributes: {},
    })
    return to
  }
  walk(trace, null, startUs)
  return lines
}
