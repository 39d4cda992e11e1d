import { existsSync } from 'node:fs'
import path from 'node:path'
import type { LoadedConfig } from '../config/load.ts'
import { insightFolder } from '../insight/places.ts'
import type { Durable } from '../insight/model/durable.ts'
import { readState } from '../insight/store/state-store.ts'
import { UserError } from './fail.ts'
import { loadConfiguration } from './load-configuration.ts'

/** Where a command finds what an insight learnt, when no files are named. */
export interface StateFlags {
  /** A stateDir, or the folder `insight` in it. */
  readonly state?: string
  /** Configuration whose stateDir is meant when `state` is absent. */
  readonly config?: string
  /** The configuration says enough by itself: then it is no error that nothing was learnt under it. */
  readonly configSuffices?: boolean
}

export interface KnownState {
  /** null: there is none, and `configSuffices`. */
  readonly folder: string | null
  /** The configuration that led there; null when the folder was named. */
  readonly config: LoadedConfig | null
  readonly mayBeEmpty: boolean
}

/** What `--config` is when nothing is named at all. */
export const defaultConfiguration = 'portcullis.yaml'

/** The folder of an insight that runs or ran. Throws a UserError that says where was looked and what to do, a ConfigError for a broken configuration. */
export async function findState({ state, config: named, configSuffices }: StateFlags): Promise<KnownState> {
  if (state !== undefined) {
    const folder = stateIn([state, insightFolder(state)])
    if (folder !== null) return { folder, config: null, mayBeEmpty: false }
    throw new UserError(
      `nothing was learnt in ${state}: there is no state.sqlite in it, nor in ${insightFolder(state)}. Name the stateDir of a gateway, or what replay --state wrote`,
    )
  }
  if (named === undefined && !existsSync(defaultConfiguration))
    throw new UserError(
      `there is no ${defaultConfiguration} here that says where insight keeps what it learnt: name files to learn from, --state and a stateDir, or --config`,
    )
  const file = named ?? defaultConfiguration
  const config = await loadConfiguration(file)
  const mayBeEmpty = configSuffices === true
  return { folder: stateOf(config, file, mayBeEmpty), config, mayBeEmpty }
}

/**
 * Gives the parts what is known, read only, beside an insight that may be at work; false: there is nothing of them. Throws a UserError when it cannot be
 * read, and for nothing where there must be something: an empty table would look like an answer.
 */
export function readKnown({ folder, mayBeEmpty }: KnownState, parts: readonly Durable[]): boolean {
  if (folder === null) return false
  let rows = 0
  const counted = parts.map(part =>
    countingRows(part, () => {
      rows++
    }),
  )
  try {
    readState(folder, counted)
  } catch (error) {
    throw new UserError(`cannot read what was learnt in ${folder}: ${(error as Error).message}`)
  }
  if (rows === 0 && !mayBeEmpty)
    throw new UserError(
      `nothing was learnt in ${folder} yet: has traffic passed on routes of the gateway that keeps its state there? What passes shows within two seconds`,
    )
  return rows > 0
}

function stateOf({ config: { stateDir, insight } }: LoadedConfig, file: string, mayBeEmpty: boolean): string | null {
  const folder = stateDir === null ? null : stateIn([insightFolder(stateDir)])
  if (folder !== null || mayBeEmpty) return folder
  if (stateDir === null)
    throw new UserError(
      `${file} has no stateDir, so insight keeps nothing: add stateDir, or name files or --state and a stateDir`,
    )
  throw new UserError(
    insight === null
      ? `nothing was learnt in ${insightFolder(stateDir)}: ${file} says insight.enabled: false`
      : `nothing was learnt in ${insightFolder(stateDir)}: there is no state.sqlite. Has the gateway run with ${file}? If it runs with another configuration, name that, or --state and its stateDir`,
  )
}

function countingRows(part: Durable, count: () => void): Durable {
  function* each(rows: Iterable<readonly [key: string, value: string]>) {
    for (const row of rows) {
      count()
      yield row
    }
  }
  return { part: part.part, changes: () => part.changes(), restore: rows => part.restore(each(rows)) }
}

/** The first folder that holds a state. */
function stateIn(folders: readonly string[]): string | null {
  return folders.find(folder => existsSync(path.join(folder, 'state.sqlite'))) ?? null
}
