import type { ExchangeRecord } from '../../model/exchange.ts'
import { usualFields } from '../../model/field-choice.ts'
import type { Reader } from '../reader.ts'
import { envoyReader } from './envoy.ts'
import { eventsReader, recordsReaderOf } from './events.ts'
import { exchangesReader, type Reduction } from './exchange-lines.ts'
import { harReader } from './har.ts'

/** All formats of exchanges; the first that fits a file's beginning reads it. */
export function exchangeReaders(reduction: Reduction): ReadonlyArray<Reader<ExchangeRecord>> {
  return [
    recordsReaderOf(reduction.fields ?? usualFields),
    exchangesReader(reduction),
    envoyReader(reduction.hashKey),
    eventsReader(reduction.hashKey),
    harReader(reduction),
  ]
}
