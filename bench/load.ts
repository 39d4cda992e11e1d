import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { requireService } from '../test/support/service.ts'

const run = promisify(execFile)

/** What a closed load found. */
export interface LoadResult {
  readonly requests: number
  readonly rps: number
  /** ms; in a closed model, so only good to see something odd. */
  readonly p99Ms: number
  /** Answers that were not 2xx, and socket errors. */
  readonly failed: number
}

export interface WrkOptions {
  readonly url: string
  readonly seconds: number
  /** Rotates the tokens of this file. */
  readonly tokens?: string | undefined
  /** POSTs this file. */
  readonly body?: string | undefined
}

const script = new URL('./peers/tokens.lua', import.meta.url).pathname

/** `wrk` with one thread and 64 keep-alive connections. */
export async function wrk({ url, seconds, tokens, body }: WrkOptions): Promise<LoadResult> {
  const args = ['-t1', '-c64', `-d${seconds}s`, '--latency', ...(tokens === undefined ? [] : ['-s', script]), url]
  const env = {
    ...process.env,
    ...(tokens === undefined ? {} : { TOKENS: tokens }),
    ...(body === undefined ? {} : { BODY: body }),
  }
  const { stdout } = await run(requireService('wrk'), args, { env, timeout: (seconds + 30) * 1000 })
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0)
  const [, amount = '0', unit = 'ms'] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? []
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0)
  return {
    requests,
    rps: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0),
    p99Ms: Number(amount) * (unit === 'us' ? 0.001 : unit === 's' ? 1000 : 1),
    failed: refused + (errors === null ? 0 : errors.slice(1).reduce((sum, count) => sum + Number(count), 0)),
  }
}

/**
 * `h2load` with one request per connection, `perSecond` new connections each second, so that every handshake is a full one
 * (wrk with `Connection: close` resumes TLS sessions and flatters).
 */
export async function newConnections(url: string, total: number, perSecond: number): Promise<LoadResult> {
  const rate = Math.min(perSecond, total)
  const args = ['--h1', '-n', `${total}`, '-c', `${total}`, '-r', `${rate}`, '-t1', url]
  const startedAt = performance.now()
  const { stdout } = await run(requireService('h2load'), args, { timeout: (total / perSecond + 60) * 1000 })
  const seconds = (performance.now() - startedAt) / 1000
  const succeeded = Number(/(\d+) succeeded/.exec(stdout)?.[1] ?? 0)
  return { requests: succeeded, rps: succeeded / seconds, p99Ms: 0, failed: total - succeeded }
}
