import path from 'node:path'
import { startProcess } from './process.ts'
import type { Running } from './process.ts'

const root = path.resolve(import.meta.dirname, '../..')

export interface GatewayOptions {
  /** Path of the configuration file. */
  readonly config: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly args?: readonly string[]
  readonly cwd?: string
  readonly readyMs?: number
}

/** Starts `./portcullis run --config FILE` as a user would and waits for its `portcullis ready` line. `await using` stops it. */
export function startGateway(options: GatewayOptions): Promise<Running> {
  return startProcess({
    command: path.join(root, 'portcullis'),
    args: ['run', '--config', options.config, ...(options.args ?? [])],
    cwd: options.cwd ?? root,
    env: options.env ?? {},
    ready: /^portcullis ready/,
    readyMs: options.readyMs ?? 60_000,
  })
}
