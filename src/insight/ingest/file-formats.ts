import type { ExchangeRecord } from '../model/exchange.ts'
import type { FieldChoice } from '../model/field-choice.ts'
import type { Span } from '../model/span.ts'
import { createReducer } from '../observe/reduce.ts'
import { exchangeReaders } from './exchanges/index.ts'
import type { Reader } from './reader.ts'
import { spanReadersOf } from './spans/index.ts'

/** Readers of all file formats. */
export interface FileFormats {
  readonly exchanges: readonly Reader<ExchangeRecord>[]
  readonly spans: readonly Reader<Span>[]
}

/** With the key of the event hashes and the fields that are kept: the same as live traffic has. */
export function fileFormats(hashKey: Uint8Array, fields: FieldChoice): FileFormats {
  return {
    exchanges: exchangeReaders({ hashKey, reduce: createReducer({ hashKey, fields }), fields }),
    spans: spanReadersOf(fields),
  }
}
