import type { Sink } from '../../../core/sink.ts'
import { openDescriptor } from '../descriptor.ts'
import type { StdoutSettings } from './schema.ts'

/** Writes events to standard output; the operator's log goes to standard error, so the two never mix. */
export const stdoutSink: Sink<StdoutSettings> = {
  name: 'stdout',
  async schema() {
    return (await import('./schema.ts')).schema
  },
  open() {
    return openDescriptor(1)
  },
}
