import type { Span } from '../../model/span.ts'
import type { Reader } from '../reader.ts'
import { csvSpans } from './csv.ts'
import { ndjsonSpans } from './ndjson.ts'
import { otlpJson, otlpProtobuf } from './otlp-files.ts'

/** All span formats, in the order in which they are tried on a file. */
export const spanReaders: readonly Reader<Span>[] = [csvSpans, ndjsonSpans, otlpJson, otlpProtobuf]
