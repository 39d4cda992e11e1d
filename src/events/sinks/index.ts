import type { Sink } from '../../core/sink.ts'
import { fileSink } from './file/sink.ts'
import { journaldSink } from './journald/sink.ts'
import { otlpSink } from './otlp/sink.ts'
import { stdoutSink } from './stdout/sink.ts'

/** All sinks, by the name that `sink:` gives in the configuration. */
export const sinks = [fileSink, stdoutSink, journaldSink, otlpSink] as unknown as readonly Sink[]
