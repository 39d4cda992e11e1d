import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startGateway } from './gateway.ts'
import { freePorts } from './ports.ts'
import { controlOf } from './probed-gateway.ts'
import { type Running, startProcess } from './process.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** A gateway with a control API in a folder of its own. `await using` stops it and removes the folder. */
export interface FaultGateway extends AsyncDisposable {
  readonly running: Running
  readonly base: string
  readonly port: number
  readonly folder: string
  readonly control: ReturnType<typeof controlOf>
}

export interface FaultSettings {
  /** The rest of the configuration behind `listeners`; `FOLDER` stands for the folder. */
  readonly yaml: string
  readonly env?: Readonly<Record<string, string>>
  /** A shell command that replaces itself by the gateway: `ulimit -n 100; exec "$@"`. */
  readonly shell?: string
}

export async function startFaultGateway({ yaml, env = {}, shell }: FaultSettings): Promise<FaultGateway> {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-fault-'))
  const [port, controlPort] = (await freePorts(2)) as [number, number]
  const config = path.join(folder, 'gateway.yaml')
  writeFileSync(
    config,
    `version: 1
stateDir: "${folder}/state"
control: { address: "127.0.0.1:${controlPort}" }
listeners: [{ name: plain, address: "127.0.0.1:${port}" }]
${yaml.replaceAll('FOLDER', folder)}`,
  )
  try {
    const running =
      shell === undefined
        ? await startGateway({ config, env })
        : await startProcess({
            command: 'bash',
            args: ['-c', shell, 'bash', path.join(root, 'portcullis'), 'run', '--config', config],
            cwd: root,
            env,
            ready: /^portcullis ready/,
            readyMs: 60_000,
          })
    const close = async (): Promise<void> => {
      await running.stop()
      rmSync(folder, { recursive: true, force: true })
    }
    return {
      running,
      base: `http://127.0.0.1:${port}`,
      port,
      folder,
      control: controlOf(controlPort, path.join(folder, 'state')),
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}
