import { request } from 'undici'

interface Figures {
  readonly requests: number
  readonly refused: ReadonlyMap<string, number>
  readonly cpuSeconds: number
}

/** Prints every few seconds how many requests there were, how many were refused and why, and what one costs; until `signal` aborts. */
export async function liveSummary(
  metricsUrl: string,
  token: string,
  signal: AbortSignal,
  everyMs = 5000,
): Promise<void> {
  let before = await read(metricsUrl, token)
  while (!signal.aborted) {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, everyMs)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
    if (signal.aborted) return
    const now = await read(metricsUrl, token)
    if (now === null || before === null) {
      before = now
      continue
    }
    const last = before
    const requests = now.requests - last.requests
    const reasons = [...now.refused]
      .map(([code, count]) => [code, count - (last.refused.get(code) ?? 0)] as const)
      .filter(([, count]) => count > 0)
    const cost =
      requests === 0
        ? ''
        : `, ${Math.round(((now.cpuSeconds - last.cpuSeconds) * 1e6) / requests)} µs CPU each (idle work included)`
    const refused = reasons.map(([code, count]) => `${count} ${code}`).join(', ')
    process.stdout.write(
      `${new Date().toISOString().slice(11, 19)}  ${requests} requests${cost}; refused: ${refused === '' ? 'none' : refused}\n`,
    )
    before = now
  }
}

async function read(url: string, token: string): Promise<Figures | null> {
  try {
    const { body } = await request(url, { headers: { authorization: `Bearer ${token}` } })
    const refused = new Map<string, number>()
    let requests = 0
    let cpuSeconds = 0
    for (const line of (await body.text()).split('\n')) {
      const value = Number(line.slice(line.lastIndexOf(' ') + 1))
      if (line.startsWith('portcullis_requests_total{')) requests += value
      else if (line.startsWith('process_cpu_seconds_total ')) cpuSeconds = value
      else if (line.startsWith('portcullis_refusals_total{')) {
        const code = /code="([^"]*)"/.exec(line)?.[1] ?? ''
        refused.set(code, (refused.get(code) ?? 0) + value)
      }
    }
    return { requests, refused, cpuSeconds }
  } catch {
    return null
  }
}
