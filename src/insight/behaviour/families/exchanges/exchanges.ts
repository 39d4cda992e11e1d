import { createHash } from 'node:crypto'
import type { Family } from '../../model.ts'
import { axes } from './axes.ts'
import type { ExchangeItem, HeaderField } from './exchange-item.ts'
import { createExchangeModel } from './exchange-model.ts'
import { exchangesOf } from './read-exchanges.ts'

/** Whole exchanges: path, method, parameters, header fields and answer of each; with time and principal, what came before it too. */
export const exchanges: Family<ExchangeItem> = {
  format: 'exchanges',
  axes,
  read: (lines, skip) => exchangesOf(lines, skip),
  id: ({ id }) => id,
  key: keyOf,
  create: () => createExchangeModel(),
  restore: dump => createExchangeModel(dump),
}

/** Equal for equal contents: a digest, since bodies are long and there is one for each item. */
function keyOf(item: ExchangeItem): string {
  const hash = createHash('sha256')
  const { timeMs, principal, method, host, path, query, headers, body, status, responseHeaders, responseBody } = item
  hash.update(JSON.stringify([timeMs, principal, method, host, path, query, status, sorted(headers), body]))
  hash.update(JSON.stringify([sorted(responseHeaders), responseBody]))
  return hash.digest('base64url')
}

function sorted(fields: readonly HeaderField[] | null): readonly HeaderField[] | null {
  return fields === null ? null : fields.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}
