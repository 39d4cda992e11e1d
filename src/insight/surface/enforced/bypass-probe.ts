import http from 'node:http'
import https from 'node:https'
import type { Config, Target } from '../../../config/types.ts'

/** What one try came to. */
export interface Probed {
  readonly service: string
  readonly target: string
  readonly connected: boolean
  /** null: no answer. */
  readonly status: number | null
  readonly words: string
}

export interface ProbeOptions {
  /** At most so many tries in all. */
  readonly triesMax?: number
  /** Pause between two, ms. */
  readonly pauseMs?: number
  readonly timeoutMs?: number
  /** Waits; the clock of the caller. */
  readonly wait: (ms: number) => Promise<void>
}

/**
 * Tries to reach each target of the configuration from this machine, without the gateway and without any credential: one HEAD of `/` each, one
 * after the other, no body, no redirect followed. Only targets that the configuration names are tried.
 */
export async function probeBypass(config: Config, options: ProbeOptions): Promise<Probed[]> {
  const { triesMax = 100, pauseMs = 200, timeoutMs = 2_000, wait } = options
  const targets = config.services.flatMap(({ name, targets: all }) => all.map(target => ({ service: name, target })))
  const found: Probed[] = []
  for (const [i, { service, target }] of targets.slice(0, triesMax).entries()) {
    if (i > 0) await wait(pauseMs)
    found.push({ service, target: target.url, ...(await tryTarget(target, timeoutMs)) })
  }
  return found
}

function tryTarget(target: Target, timeoutMs: number): Promise<Pick<Probed, 'connected' | 'status' | 'words'>> {
  const { address, tls, authority, url } = target
  const place = address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port }
  return new Promise(resolve => {
    let connected = false
    const end = (status: number | null, words: string): void => {
      request.destroy()
      resolve({ connected, status, words: `${url} tried from here without the gateway: ${words}` })
    }
    const request = (tls ? https : http).request({
      ...place,
      method: 'HEAD',
      path: '/',
      headers: { host: authority, 'user-agent': 'portcullis-surface-probe' },
      agent: false,
      timeout: timeoutMs,
      // It asks whether somebody answers, not who: nothing is sent that a wrong one could use.
      ...(tls ? { rejectUnauthorized: false } : {}),
    })
    request.once('socket', socket => socket.once(tls ? 'secureConnect' : 'connect', () => (connected = true)))
    request.once('response', response => {
      connected = true
      end(response.statusCode ?? null, `answered ${response.statusCode ?? '?'}`)
    })
    request.once('timeout', () =>
      end(null, connected ? 'took the connection and did not answer' : 'no connection in time'),
    )
    request.once('error', error =>
      end(
        null,
        connected
          ? 'took the connection and closed it'
          : `no connection (${(error as NodeJS.ErrnoException).code ?? 'refused'})`,
      ),
    )
    // The timeout of a socket counts silence; this one counts all of it.
    setTimeout(() => end(null, 'no answer in time'), timeoutMs * 2).unref()
    request.end()
  })
}
