import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import { type Column, pointer, type SharedLayout, type TableLayout } from './history-tables.ts'

/** A table of the history with the tables of what its rows share. */
export interface HistoryTable<T> {
  add(item: T): void
  /** Writes what was added since the last call. Throws when the disk does not take it; then it is lost and counted. */
  flush(): void
  /** After rows were deleted: shared rows that none points to go too. */
  tidy(): Promise<void>
  close(): void
  readonly written: number
  readonly lost: number
}

/** DuckDB's own unit; a chunk has at most so many rows. */
const chunkRows = 2048
/** Chunks that may wait for `flush`; above it the table writes them itself. */
const waitingChunks = 32
/** Shared rows known by key; above it all are forgotten, and what comes again gets a second row. */
const sharedMax = 100_000

export async function openHistoryTable<T>(
  connection: DuckDBConnection,
  layout: TableLayout<T>,
): Promise<HistoryTable<T>> {
  const shared: Shared<T>[] = []
  for (const one of layout.shared) shared.push(await openShared(connection, one))
  const pointers = shared.map(({ name, numberOf }): Column<T> => ({ name, type: pointer, value: numberOf }))
  const rows = await openRows(connection, layout.name, [...layout.columns, ...pointers])
  const fields = [...layout.columns, ...layout.shared.flatMap(({ columns }) => columns)].map(({ name }) => name)
  const joins = layout.shared.map(({ name }) => `JOIN ${name}s ON ${name}s.number = ${name}`)
  await connection.run(
    `CREATE OR REPLACE VIEW ${layout.view} AS SELECT ${fields.join(', ')} FROM ${layout.name} ${joins.join(' ')}`,
  )
  let written = 0
  let lost = 0

  function flush(): void {
    const count = rows.unflushed()
    try {
      // What rows point to comes first: a crash between leaves shared rows that nobody needs, never rows without theirs.
      for (const one of shared) one.flush()
      rows.flush()
      written += count
    } catch (error) {
      lost += count
      for (const one of shared) one.forget()
      rows.drop()
      throw error
    }
  }

  return {
    add(item) {
      rows.add(item)
      if (rows.unflushed() >= chunkRows * waitingChunks) flush()
    },
    flush,
    async tidy() {
      flush()
      for (const { name, forget } of shared) {
        await connection.run(`DELETE FROM ${name}s WHERE number NOT IN (SELECT DISTINCT ${name} FROM ${layout.name})`)
        forget()
      }
    },
    close() {
      try {
        flush()
      } finally {
        rows.close()
        for (const one of shared) one.close()
      }
    },
    get written() {
      return written
    },
    get lost() {
      return lost
    },
  }
}

interface Shared<T> {
  readonly name: string
  numberOf(item: T): number
  flush(): void
  forget(): void
  close(): void
}

async function openShared<T>(
  connection: DuckDBConnection,
  { name, columns, key }: SharedLayout<T>,
): Promise<Shared<T>> {
  let next = 0
  const numbered: Column<T> = { name: 'number', type: pointer, value: () => next }
  const rows = await openRows(connection, `${name}s`, [numbered, ...columns])
  const reader = await connection.runAndReadAll(`SELECT coalesce(max(number), 0)::INTEGER AS last FROM ${name}s`)
  next = Number(reader.getRowObjectsJS()[0]?.last ?? 0)
  const known = new Map<string, number>()
  return {
    name,
    numberOf(item) {
      const text = key(item)
      const found = known.get(text)
      if (found !== undefined) return found
      if (known.size >= sharedMax) known.clear()
      next++
      rows.add(item)
      known.set(text, next)
      return next
    },
    flush: rows.flush,
    forget() {
      rows.drop()
      known.clear()
    },
    close: rows.close,
  }
}

interface Rows<T> {
  add(item: T): void
  /** Rows added since the last flush. */
  unflushed(): number
  flush(): void
  /** Forgets rows that were not appended yet. */
  drop(): void
  close(): void
}

/** Rows gathered by column and appended as chunks: a third of the cost of appending value by value. */
async function openRows<T>(connection: DuckDBConnection, name: string, layout: readonly Column<T>[]): Promise<Rows<T>> {
  const definition = layout.map(column => `${column.name} ${column.type.toString()}`).join(', ')
  await connection.run(`CREATE TABLE IF NOT EXISTS ${name} (${definition})`)
  const types: readonly DuckDBType[] = layout.map(({ type }) => type)
  const values = layout.map(({ value }) => value)
  const appender: DuckDBAppender = await connection.createAppender(name)
  let columns: DuckDBValue[][] = values.map(() => [])
  let rows = 0
  let unflushed = 0

  function append(): void {
    const chunk = DuckDBDataChunk.create(types, rows)
    columns.forEach((column, index) => chunk.setColumnValues(index, column))
    appender.appendDataChunk(chunk)
    columns = values.map(() => [])
    rows = 0
  }

  return {
    add(item) {
      for (let i = 0; i < values.length; i++)
        (columns[i] as DuckDBValue[]).push((values[i] as (item: T) => DuckDBValue)(item))
      rows++
      unflushed++
      if (rows === chunkRows) append()
    },
    unflushed: () => unflushed,
    flush() {
      if (rows > 0) append()
      if (unflushed > 0) appender.flushSync()
      unflushed = 0
    },
    drop() {
      columns = values.map(() => [])
      rows = 0
      unflushed = 0
    },
    close: () => appender.closeSync(),
  }
}
