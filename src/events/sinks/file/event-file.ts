import { constants } from 'node:fs'
import { type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Clock, Log } from '../../../core/host.ts'
import type { OpenSink } from '../../../core/sink.ts'
import type { FileSettings } from './schema.ts'

interface CurrentFile {
  readonly handle: FileHandle
  /** A device cannot be cut back or rotated. */
  readonly regular: boolean
  size: number
  /** Number of the rotation period that its lines belong to. */
  period: number
}

/** A write that failed after `writtenBytes` of whole lines had got out. */
class EventFileError extends Error {
  readonly writtenBytes: number

  constructor(path: string, cause: NodeJS.ErrnoException, writtenBytes = 0) {
    super(`${path}: ${advice[cause.code ?? ''] ?? cause.message}`, { cause })
    this.name = 'EventFileError'
    this.writtenBytes = writtenBytes
  }
}

const advice: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  ENOSPC: 'the disk is full; free some space, or lower rotate.bytes and rotate.keep',
  EDQUOT: 'the disk quota is used up; free some space, or lower rotate.bytes and rotate.keep',
  EACCES: 'permission denied; let the user of the gateway write there, or change path',
  EPERM: 'permission denied; let the user of the gateway write there, or change path',
  ENOENT: 'its folder does not exist; make it, or change path',
  ENOTDIR: 'a part of the path is not a folder; change path',
  EROFS: 'the file system is read-only; change path',
  EISDIR: 'is a folder; change path',
  ENXIO: 'is a pipe; use sink: stdout and let the shell redirect it',
  EMFILE: 'the process has too many open files; raise its limit (ulimit -n, LimitNOFILE)',
} satisfies Record<string, string>)

/**
 * An event file that is opened at once and again after every failure. Lines are whole even on a full disk: what got out of a broken
 * write is cut off again. Rotated files are named after the time of their end, so names sort by age and no file is renamed twice.
 */
export function openEventFile(settings: FileSettings, log: Log, clock: Clock): OpenSink {
  const { path, mode, rotate } = settings
  let current: CurrentFile | null = null

  function periodOf(timeMs: number): number {
    return rotate?.every === undefined ? 0 : Math.floor(timeMs / rotate.every)
  }

  async function begin(): Promise<CurrentFile> {
    // O_NONBLOCK: opening a pipe that nobody reads must fail instead of holding a thread for ever.
    const handle = await open(
      path,
      constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK,
      mode,
    )
    try {
      const stat = await handle.stat()
      if (stat.isFIFO() || stat.isSocket()) throw Object.assign(new Error('is a pipe'), { code: 'ENXIO' })
      // Lines of an earlier life count for the period in which they were written.
      return {
        handle,
        regular: stat.isFile(),
        size: stat.size,
        period: periodOf(stat.size > 0 ? stat.mtimeMs : clock.now()),
      }
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async function end(): Promise<void> {
    const file = current
    current = null
    await file?.handle.close()
  }

  let rotateAfter = Number.NEGATIVE_INFINITY

  function due(file: CurrentFile, bytes: number): boolean {
    if (rotate === undefined || !file.regular || file.size === 0) return false
    return (rotate.bytes !== undefined && file.size + bytes > rotate.bytes) || periodOf(clock.now()) !== file.period
  }

  /** A rotation that fails loses nothing: the file grows on, the operator is told, and a minute later it is tried again. */
  async function rotateNow(): Promise<void> {
    if (clock.monotonic() < rotateAfter) return
    try {
      await rename(path, await freeName(path, clock.now()))
      await end()
      current = await begin()
      await prune(path, rotate?.keep ?? 1)
    } catch (error) {
      rotateAfter = clock.monotonic() + 60_000
      const code = (error as NodeJS.ErrnoException).code ?? ''
      log.error(`cannot rotate the event file ${path}: ${advice[code] ?? (error as Error).message}`)
      current ??= await begin()
    }
  }

  async function writeAll(lines: Uint8Array): Promise<void> {
    current ??= await begin()
    if (due(current, lines.length)) await rotateNow()
    const file = current
    file.period = periodOf(clock.now())
    let done = 0
    try {
      while (done < lines.length) done += (await file.handle.write(lines, done, lines.length - done)).bytesWritten
    } catch (error) {
      const whole = done === 0 ? 0 : lines.lastIndexOf(10, done - 1) + 1
      if (file.regular && whole < done) await file.handle.truncate(file.size + whole)
      await end()
      throw new EventFileError(path, error as NodeJS.ErrnoException, file.regular ? whole : 0)
    }
    file.size += lines.length
  }

  // One thing at a time: a reopen in the middle of a write would write to a closed file.
  let last: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work)
    last = mine.catch(() => {})
    return mine
  }

  async function told(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      if (error instanceof EventFileError) throw error
      throw new EventFileError(path, error as NodeJS.ErrnoException)
    }
  }

  // A file that cannot be opened is told by the first write; here it only exists early, so that readers can follow it.
  void inTurn(async () => {
    current ??= await begin()
  }).catch(() => {})

  return {
    write(lines) {
      return told(inTurn(() => writeAll(lines)))
    },
    reopen() {
      return told(
        inTurn(async () => {
          await end()
          current = await begin()
        }),
      )
    },
    close() {
      return inTurn(end)
    },
  }
}

const rotatedSuffix = /^\.\d{8}T\d{6}\.\d{3}Z(?:-\d+)?$/

/** `events.ndjson.20261122T071500.123Z`, with `-1` behind when that is taken. */
async function freeName(path: string, nowMs: number): Promise<string> {
  const name = `${path}.${new Date(nowMs).toISOString().replaceAll(/[-:]/g, '')}`
  const taken = new Set(await readdir(dirname(path)))
  let free = name
  for (let n = 1; taken.has(basename(free)); n++) free = `${name}-${n}`
  return free
}

/** Deletes all but the newest `keep` rotated files of `path`; never a file of another name. */
async function prune(path: string, keep: number): Promise<void> {
  const prefix = basename(path)
  const rotated = (await readdir(dirname(path)))
    .filter(name => name.startsWith(prefix) && rotatedSuffix.test(name.slice(prefix.length)))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  for (const name of rotated.slice(0, Math.max(0, rotated.length - keep))) await unlink(join(dirname(path), name))
}
