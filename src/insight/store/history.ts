import { chmodSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api'
import type { EventRecord } from '../model/event-record.ts'
import type { Span } from '../model/span.ts'
import { openHistoryTable } from './history-table.ts'
import { eventTable, spanTable } from './history-tables.ts'

export interface HistoryOptions {
  /** DuckDB would take 80 % of the machine's memory. */
  readonly memoryBytes: number
  readonly retentionMs: number
  /** Of the file; the oldest goes first. */
  readonly bytesMax: number
}

/** Events and spans as they came, in `FOLDER/history.duckdb`; one process at all. */
export interface History {
  event(event: EventRecord): void
  span(span: Span): void
  /** Writes what was added since the last call. Throws when the disk does not take it; then it is lost and counted. */
  flush(): Promise<void>
  /** Deletes what is older than the retention before `newestMs`, and the oldest tenth while the file is too large. */
  retain(newestMs: number): Promise<void>
  /** Rows for a question of ours to the views `events` and `spans`; `values` stand for `$name`. Never with text of a stranger in `sql`. */
  query(sql: string, values?: Readonly<Record<string, DuckDBValue>>): Promise<ReadonlyArray<Record<string, unknown>>>
  status(): { readonly events: number; readonly spans: number; readonly lost: number }
  /** Where a file that could not be read was put aside; null when it could. */
  readonly broken: string | null
  close(): Promise<void>
}

const lockedBy = /conflicting lock|could not set lock/i
const brokenFile = /not a valid duckdb database|corrupt|checksum|deserialize|replaying wal/i

/** Opens or makes the history; a broken file is put aside as that of the state is. Rejects with words that say so when another process has it. */
export async function openHistory(folder: string, options: HistoryOptions): Promise<History> {
  const file = path.join(folder, 'history.duckdb')
  const settings = { threads: '1', memory_limit: `${Math.floor(options.memoryBytes / 1e6)}MB` }
  let instance: DuckDBInstance
  let broken: string | null = null
  try {
    instance = await DuckDBInstance.create(file, settings)
  } catch (error) {
    const { message } = error as Error
    if (lockedBy.test(message))
      throw new Error(`${folder} is in use by another process; end that one, or choose another folder`, {
        cause: error,
      })
    if (!brokenFile.test(message))
      throw new Error(`the history in ${folder} does not open: ${message}`, { cause: error })
    broken = putAside(file)
    instance = await DuckDBInstance.create(file, settings)
  }
  chmodSync(file, 0o600)
  const connection = await instance.connect()
  await connection.run(
    `SET temp_directory = '${path.join(folder, 'history.tmp').replaceAll("'", "''")}'; SET max_temp_directory_size = '1GB'`,
  )
  // Nothing may be loaded, read or written by a query but the tables.
  await connection.run(
    'SET autoinstall_known_extensions = false; SET autoload_known_extensions = false; SET enable_external_access = false; SET lock_configuration = true',
  )
  const events = await openHistoryTable(connection, eventTable)
  const spans = await openHistoryTable(connection, spanTable)

  async function size(): Promise<number> {
    const [row] = await query('SELECT block_size * used_blocks AS bytes FROM pragma_database_size()')
    return Number(row?.bytes ?? 0)
  }

  async function query(
    sql: string,
    values: Readonly<Record<string, DuckDBValue>> = {},
  ): Promise<ReadonlyArray<Record<string, unknown>>> {
    const reader = await connection.runAndReadAll(sql, values)
    return reader.getRowObjectsJS()
  }

  async function dropBefore(ms: number): Promise<void> {
    for (const { name, timeColumn } of [eventTable, spanTable])
      await connection.run(`DELETE FROM ${name} WHERE ${timeColumn} < epoch_ms($ms::BIGINT)`, {
        ms: BigInt(Math.floor(ms)),
      })
    await events.tidy()
    await spans.tidy()
    await connection.run('CHECKPOINT')
  }

  return {
    broken,
    event: event => events.add(event),
    span: span => spans.add(span),
    async flush() {
      events.flush()
      spans.flush()
    },
    async retain(newestMs) {
      await dropBefore(newestMs - options.retentionMs)
      // Each round frees a tenth; a file that does not shrink is left to the next call.
      for (let round = 0; round < 5 && (await size()) > options.bytesMax; round++) {
        const [row] = await query(
          'SELECT epoch_ms(quantile_disc(moment, 0.1)) AS ms FROM (SELECT time AS moment FROM event_rows UNION ALL SELECT start::TIMESTAMP_MS FROM span_rows)',
        )
        if (row?.ms === undefined || row.ms === null) return
        await dropBefore(Number(row.ms) + 1)
      }
    },
    query,
    status: () => ({ events: events.written, spans: spans.written, lost: events.lost + spans.lost }),
    async close() {
      events.close()
      spans.close()
      connection.closeSync()
      instance.closeSync()
    },
  }
}

function putAside(file: string): string {
  const aside = `${file}.broken`
  rmSync(aside, { force: true })
  renameSync(file, aside)
  rmSync(`${file}.wal`, { force: true })
  return aside
}
