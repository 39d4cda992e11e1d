import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type Running, startProcess } from './process.ts'
import { until } from './until.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Starts the gateway with a probe in each of its threads (thread-probe.ts). `victim` is the thread that SIGURG and SIGIO kill. */
export function startProbedGateway(config: string, victim = 1): Promise<Running> {
  return startGatewayWith('thread-probe.ts', config, { PROBE_VICTIM: String(victim) })
}

/** Starts the gateway with a module of this folder loaded before it in every thread. */
export function startGatewayWith(
  module: string,
  config: string,
  env: Readonly<Record<string, string>>,
): Promise<Running> {
  const preload = path.join(import.meta.dirname, module)
  return startProcess({
    command: path.join(root, 'scripts/with-node'),
    args: ['node', '--expose-gc', '--import', preload, path.join(root, 'src/cli/main.ts'), 'run', '--config', config],
    cwd: root,
    env,
    ready: /^portcullis ready/,
    readyMs: 30_000,
  })
}

/** Bytes on the heaps of all threads after a garbage collection. */
export async function heapOf(gateway: Running, threads: number): Promise<number> {
  const before = gateway.lines.length
  gateway.kill('SIGWINCH')
  return until('each thread tells its heap', 10_000, () => {
    const said = gateway.lines.slice(before).flatMap(line => /^probe heap \d+ (\d+)$/.exec(line)?.[1] ?? [])
    return said.length >= threads && said.reduce((sum, bytes) => sum + Number(bytes), 0)
  })
}

/** A client of the control API. */
export function controlOf(port: number, stateDir: string) {
  const url = `http://127.0.0.1:${port}`
  const headers = { authorization: `Bearer ${readFileSync(path.join(stateDir, 'control-token'), 'utf8').trim()}` }
  const text = async (where: string): Promise<string> => (await fetch(url + where, { headers })).text()
  return {
    async reload(): Promise<{ status: number; text: string }> {
      const answer = await fetch(`${url}/reload`, { method: 'POST', headers })
      return { status: answer.status, text: await answer.text() }
    },
    status: async () =>
      JSON.parse(await text('/status')) as {
        configuration: { version: number }
        workers: { serving: number; restarts: number }
      },
    /** The sum of all series of that metric whose labels contain `label`. */
    async metric(name: string, label = ''): Promise<number> {
      let sum = 0
      for (const line of (await text('/metrics')).split('\n')) {
        const [series = ''] = line.split(' ')
        if (series.replace(/\{.*/, '') === name && series.includes(label))
          sum += Number(line.slice(line.lastIndexOf(' ') + 1))
      }
      return sum
    },
  }
}
