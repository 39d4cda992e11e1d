import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Durable } from '../model/durable.ts'

/** What was learnt, as rows in `FOLDER/state.sqlite`; one writing process. */
export interface StateStore {
  /** Gives every part its rows. For the start, before anything is taken. */
  restore(parts: readonly Durable[]): void
  /** Writes the changed rows of all parts in one transaction; how many there were. When it throws, nothing was written and the next call writes them too. */
  save(parts: readonly Durable[]): number
  rows(): number
  /** Where a file that could not be read was put aside; null when it could. */
  readonly broken: string | null
  close(): void
}

const layoutVersion = 1

/**
 * Opens or makes the state in `folder` (0700, file 0600). kill -9 loses what was not saved, and never half of a save. A file that is no database any more is
 * put aside beside it and a new one begun: what was learnt can be learnt again, and the gateway must go on. Throws an Error for one of a later version.
 */
export function openStateStore(folder: string): StateStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  const file = path.join(folder, 'state.sqlite')
  let broken: string | null = null
  let database: DatabaseSync
  try {
    database = open(file)
  } catch (error) {
    if (!isBroken(error)) throw error
    broken = putAside(file)
    database = open(file)
  }
  const change = database.prepare('UPDATE state SET value = ? WHERE part = ? AND key = ?')
  const put = database.prepare('INSERT INTO state (part, key, value) VALUES (?, ?, ?)')
  const drop = database.prepare('DELETE FROM state WHERE part = ? AND key = ?')
  const ofPart = database.prepare('SELECT key, value FROM state WHERE part = ?')
  // Counting reads the whole file, so it is done once.
  let rows = Number(database.prepare('SELECT count(*) AS rows FROM state').get()?.rows ?? 0)
  /** Rows that a failed save had already taken out of the parts. */
  let unsaved = new Map<string, readonly [part: string, key: string, value: string | null]>()

  return {
    broken,
    restore(parts) {
      for (const part of parts) part.restore(rowsOf(ofPart.iterate(part.part)))
    },
    save(parts) {
      for (const part of parts)
        for (const [key, value] of part.changes()) unsaved.set(`${part.part}\0${key}`, [part.part, key, value])
      if (unsaved.size === 0) return 0
      database.exec('BEGIN IMMEDIATE')
      let more = 0
      try {
        for (const [part, key, value] of unsaved.values()) {
          if (value === null) more -= Number(drop.run(part, key).changes)
          else if (change.run(value, part, key).changes === 0) {
            put.run(part, key, value)
            more++
          }
        }
        database.exec('COMMIT')
        rows += more
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK')
        throw error
      }
      const saved = unsaved.size
      unsaved = new Map()
      return saved
    },
    rows: () => rows,
    close: () => database.close(),
  }
}

/** The rows of a state that nobody writes any more, or that another process writes: read only, for commands. Throws when there is none. */
export function readState(folder: string, parts: readonly Durable[]): void {
  const database = new DatabaseSync(path.join(folder, 'state.sqlite'), { readOnly: true, timeout: 2000 })
  try {
    checkVersion(database)
    const ofPart = database.prepare('SELECT key, value FROM state WHERE part = ?')
    for (const part of parts) part.restore(rowsOf(ofPart.iterate(part.part)))
  } finally {
    database.close()
  }
}

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 2000 })
  try {
    chmodSync(file, 0o600)
    // A commit survives the end of the process at once, and the end of power at the next checkpoint.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864')
    checkVersion(database)
    database.exec(
      `CREATE TABLE IF NOT EXISTS state (part TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (part, key)) STRICT, WITHOUT ROWID;
      PRAGMA user_version = ${layoutVersion}`,
    )
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function checkVersion(database: DatabaseSync): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0)
  if (version > layoutVersion)
    throw new Error(
      `the insight state is of layout ${version}, this program knows ${layoutVersion}; run the newer program, or remove the folder`,
    )
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
function isBroken(error: unknown): boolean {
  const code = ((error as { errcode?: unknown }).errcode as number | undefined) ?? 0
  return (code & 0xff) === 11 || (code & 0xff) === 26
}

function putAside(file: string): string {
  const aside = `${file}.broken`
  rmSync(aside, { force: true })
  renameSync(file, aside)
  // They belong to the broken one; beside a new one they would be replayed into it.
  for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true })
  return aside
}

function* rowsOf(rows: Iterable<Record<string, unknown>>): Generator<readonly [key: string, value: string]> {
  for (const { key, value } of rows) yield [key as string, value as string]
}
