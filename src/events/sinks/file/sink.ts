import type { Sink } from '../../../core/sink.ts'
import { openEventFile } from './event-file.ts'
import type { FileSettings } from './schema.ts'

/** Appends events to a file; rotates it by size and time, reopens it on SIGUSR2. */
export const fileSink: Sink<FileSettings> = {
  name: 'file',
  paths: ['path'],
  async schema() {
    return (await import('./schema.ts')).schema
  },
  open(settings, log, clock) {
    return openEventFile(settings, log, clock)
  },
}
