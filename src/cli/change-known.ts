import path from 'node:path'
import type { LoadedConfig } from '../config/load.ts'
import { createOperatorLog } from '../events/operator-log.ts'
import { systemClock } from '../gateway/system-clock.ts'
import { openEngine } from '../insight/engine.ts'
import type { Parts } from '../insight/parts.ts'
import { createResponse, type Response } from '../response/response.ts'
import { isInsightAtWork, tellControl } from './control-client.ts'
import { UserError } from './fail.ts'
import { findState, type StateFlags } from './known-state.ts'
import { loadConfiguration } from './load-configuration.ts'

/** What a person wants changed of what was learnt. */
export interface KnownChange<T> {
  /** Of the control API that takes it, and its body there. */
  readonly path: string
  readonly wanted: unknown
  /** The same in a state that a gateway left; `nowMs`: clock on the wall. Throws UserError when it cannot be. */
  ended(known: { readonly parts: Parts; readonly response: Response; readonly nowMs: number }): T
}

/** Has it carried out: by the gateway that runs, through its control API, else in what it left. Gives what became of it; throws UserError with what stands against it. */
export async function changeKnown<T>(flags: StateFlags, change: KnownChange<T>): Promise<T> {
  const { folder, config } = await findState(flags)
  if (folder === null) throw new Error('a state must be found here')
  const loaded = config ?? (flags.config === undefined ? null : await loadConfiguration(flags.config))
  const stateDir = path.dirname(path.resolve(folder))
  if (path.basename(folder) !== 'insight' || !(await isInsightAtWork(stateDir)))
    return changeEnded(folder, loaded, change)
  if (loaded?.config.stateDir == null || path.resolve(loaded.config.stateDir) !== stateDir)
    throw new UserError(
      `an insight is at work in ${folder}: name the configuration of its gateway (--config), whose control API takes this, or end the gateway first`,
    )
  return (await tellControl(loaded.config, change.path, change.wanted)) as T
}

async function changeEnded<T>(folder: string, loaded: LoadedConfig | null, { ended }: KnownChange<T>): Promise<T> {
  const clock = systemClock()
  const log = createOperatorLog({ format: 'text', write: line => process.stderr.write(line), clock })
  const insight = loaded?.config.insight ?? null
  let response: Response | null = null
  const engine = await openEngine(
    {
      folder,
      memoryBytesMax: 256 * 1024 * 1024,
      retentionMs: Number.POSITIVE_INFINITY,
      historyBytesMax: Number.POSITIVE_INFINITY,
      record: null,
      ...(insight === null ? {} : { detection: insight.detection, networks: insight.networks }),
      join(parts) {
        response = createResponse(parts)
        return response.parts
      },
    },
    log,
  ).catch((error: unknown) => {
    throw new UserError((error as Error).message)
  })
  try {
    if (response === null) throw new Error('the engine made no response')
    return ended({ parts: engine.parts, response, nowMs: clock.now() })
  } finally {
    await engine.close()
  }
}
