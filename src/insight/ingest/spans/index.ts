import { type FieldChoice, usualFields } from '../../model/field-choice.ts'
import type { Span } from '../../model/span.ts'
import type { Reader } from '../reader.ts'
import { csvSpans } from './csv.ts'
import { ndjsonSpans } from './ndjson.ts'
import { otlpJson, otlpProtobuf } from './otlp-files.ts'

/** All span formats, in the order in which they are tried on a file, with the attributes that an operator chose. */
export function spanReadersOf(choice: FieldChoice): readonly Reader<Span>[] {
  return [csvSpans, ndjsonSpans(choice), otlpJson(choice), otlpProtobuf(choice)]
}

/** The same with the usual attributes. */
export const spanReaders = spanReadersOf(usualFields)
