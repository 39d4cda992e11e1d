import os from 'node:os'
import { loadConfig, type LoadedConfig } from '../config/load.ts'
import { sinks } from '../events/sinks/index.ts'
import type { InsightConfig } from '../config/types.ts'
import { policies } from '../policies/index.ts'
import type { ApiDocumentJudge } from '../config/api-documents.ts'
import { createOpenApiJudge } from './openapi-judge.ts'
import { tlsJudge } from './tls-judge.ts'

/**
 * Loads a configuration with what this program has: its policies, sinks and TLS, the environment and processors of the process.
 * Throws ConfigError, also on settings that a detector does not know; `watch` learns the files even then.
 * `openapi`: one that outlives this load reads what did not change only once.
 */
export async function loadConfiguration(
  path: string,
  watch?: (files: readonly string[]) => void,
  openapi: ApiDocumentJudge = createOpenApiJudge(),
): Promise<LoadedConfig> {
  const cpus = os.availableParallelism()
  const options = { path, env: process.env, policies, sinks, cpus, now: Date.now(), tls: tlsJudge, openapi }
  const loaded = await loadConfig(options, watch)
  await judgeDetectors(loaded.config.insight)
  return loaded
}

/** Else insight alone finds what is wrong, in a process of its own, when the gateway runs already. */
async function judgeDetectors(insight: InsightConfig | null): Promise<void> {
  const written = insight?.detection?.detectors
  if (written === undefined || Object.keys(written).length === 0) return
  const { readDetectorSettings } = await import('../insight/detectors/read-settings.ts')
  await readDetectorSettings(written)
}
