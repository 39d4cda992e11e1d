import type { OpenSink, Sink } from '../../../core/sink.ts'
import type { OtlpSettings } from './schema.ts'

/** Exports the span of each exchange to an OpenTelemetry collector or tracing system. */
export const otlpSink: Sink<OtlpSettings> = {
  name: 'otlp',
  async schema() {
    return (await import('./schema.ts')).schema
  },
  open(settings, log, clock) {
    // The HTTP client is loaded by those who export alone.
    let opened: Promise<OpenSink> | null = null
    const exporter = (): Promise<OpenSink> =>
      (opened ??= import('./exporter.ts').then(({ openExporter }) => openExporter(settings, log, clock)))
    return {
      write: async lines => (await exporter()).write(lines),
      close: async () => (await opened)?.close(),
    }
  },
}
