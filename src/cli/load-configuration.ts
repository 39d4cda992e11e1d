import os from 'node:os'
import { loadConfig, type LoadedConfig } from '../config/load.ts'
import { sinks } from '../events/sinks/index.ts'
import { policies } from '../policies/index.ts'
import type { ApiDocumentJudge } from '../config/api-documents.ts'
import { createOpenApiJudge } from './openapi-judge.ts'
import { tlsJudge } from './tls-judge.ts'

/**
 * Loads a configuration with what this program has: its policies, sinks and TLS, the environment and processors of the process.
 * Throws ConfigError; `watch` learns the files even then. `openapi`: one that outlives this load reads what did not change only once.
 */
export function loadConfiguration(
  path: string,
  watch?: (files: readonly string[]) => void,
  openapi: ApiDocumentJudge = createOpenApiJudge(),
): Promise<LoadedConfig> {
  const cpus = os.availableParallelism()
  return loadConfig({ path, env: process.env, policies, sinks, cpus, now: Date.now(), tls: tlsJudge, openapi }, watch)
}
