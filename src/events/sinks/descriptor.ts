import { constants, fstatSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { OpenSink } from '../../core/sink.ts'

const retryMs = 20

/**
 * Writes to a descriptor that the process was started with. A reader that stops must hold up neither the loop (as `process.stdout` does with
 * a pipe) nor a pool thread (an exit would wait for that for ever: measured), so a pipe is opened a second time without blocking, by way of /proc.
 */
export function openDescriptor(fd: number): OpenSink {
  const kind = fstatSync(fd)
  return kind.isSocket() ? openSocket(fd) : openPath(fd, kind.isFile())
}

function openSocket(fd: number): OpenSink {
  const socket = new Socket({ fd, readable: false, writable: true })
  let failure: Error | null = null
  socket.on('error', error => {
    failure = error
  })
  socket.unref()
  return {
    write(lines) {
      return new Promise((resolve, reject) => {
        if (failure !== null) reject(failure)
        else socket.write(lines, error => (error ? reject(error) : resolve()))
      })
    },
    async close() {
      // The descriptor belongs to the process; others still write to it.
    },
  }
}

function openPath(fd: number, isFile: boolean): OpenSink {
  let handle: FileHandle | null = null
  let closed = false
  const flags = constants.O_WRONLY | (isFile ? constants.O_APPEND : constants.O_NONBLOCK)
  return {
    async write(lines) {
      handle ??= await open(`/proc/self/fd/${fd}`, flags)
      let done = 0
      while (done < lines.length) {
        try {
          done += (await handle.write(lines, done, lines.length - done)).bytesWritten
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || closed) throw error
          await pause(retryMs, undefined, { ref: false })
        }
      }
    },
    async close() {
      closed = true
      await handle?.close()
    },
  }
}
