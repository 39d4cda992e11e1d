import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort } from './ports.ts'
import { startProcess } from './process.ts'
import type { Running } from './process.ts'
import { requireService } from './service.ts'

export interface RedisServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly process: Running
  stop(): Promise<void>
}

/** A real redis-server on a free port of loopback, without persistence, in a folder of its own. `port` starts it where one was before. */
export async function startRedis(
  settings: { readonly args?: readonly string[]; readonly port?: number } = {},
): Promise<RedisServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'portcullis-redis-'))
  const port = settings.port ?? (await freePort())
  const process = await startProcess({
    command: requireService('redis-server'),
    args: ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--dir', folder, ...(settings.args ?? [])],
    ready: /Ready to accept connections/,
  })
  const stop = async () => {
    // A stopped process does not see SIGTERM.
    process.kill('SIGCONT')
    process.kill('SIGKILL')
    await process.exited
    await rm(folder, { recursive: true, force: true })
  }
  return { port, url: `redis://127.0.0.1:${port}`, process, stop, [Symbol.asyncDispose]: stop }
}
