import os from 'node:os'
import { loadConfig, type LoadedConfig } from '../config/load.ts'
import { sinks } from '../events/sinks/index.ts'
import { policies } from '../policies/index.ts'

/** Loads a configuration with what this program has: its policies, its sinks, the environment and processors of the process. Throws ConfigError. */
export function loadConfiguration(path: string, watch?: (files: readonly string[]) => void): Promise<LoadedConfig> {
  return loadConfig(
    { path, env: process.env, policies, sinks, cpus: os.availableParallelism(), now: Date.now() },
    watch,
  )
}
