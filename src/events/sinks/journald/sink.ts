import type { Sink } from '../../../core/sink.ts'
import { openDescriptor } from '../descriptor.ts'
import { withPriorities } from './priority.ts'
import type { JournaldSettings } from './schema.ts'

/** Writes events to standard output with `<N>` in front (sd-daemon(3)): run as a systemd service, `journalctl -p warning` shows the refusals. */
export const journaldSink: Sink<JournaldSettings> = {
  name: 'journald',
  async schema() {
    return (await import('./schema.ts')).schema
  },
  open() {
    const output = openDescriptor(1)
    return {
      write: lines => output.write(withPriorities(lines)),
      close: () => output.close(),
    }
  },
}
