import { createHash } from 'node:crypto'
import { pacesOf } from '../../../profiles/pace.ts'
import type { Family } from '../../model.ts'
import { axes } from './axes.ts'
import type { ExchangeItem, HeaderField } from './exchange-item.ts'
import { createExchangeModel } from './exchange-model.ts'
import { exchangesOf } from './read-exchanges.ts'

/** Whole exchanges: path, method, parameters, header fields and answer of each; with time and principal, what came before it too. */
export const exchanges: Family<ExchangeItem> = {
  format: 'exchanges',
  manyModes: true,
  axes,
  read: (lines, skip) => paced(exchangesOf(lines, skip)),
  id: ({ id }) => id,
  key: keyOf,
  timeMs: ({ before, timeMs }) => (before === null ? null : timeMs),
  create: () => createExchangeModel(),
  restore: dump => createExchangeModel(dump),
}

/** Adds what each principal did before; only then all items are held, since lines need not be in the order of time. */
async function* paced(items: AsyncIterable<ExchangeItem>): AsyncGenerator<ExchangeItem> {
  const held: ExchangeItem[] = []
  let timed = false
  for await (const item of items) {
    timed ||= item.timeMs !== null && item.principal !== null
    // Until the first such item nothing has to wait.
    if (timed) held.push(item)
    else yield item
  }
  const paces = pacesOf(
    held.map(({ timeMs, principal, method, path, query, status }) =>
      timeMs === null || principal === null ? null : { timeMs, principal, method, path, query, status },
    ),
  )
  for (const [i, item] of held.entries()) yield { ...item, before: paces[i] ?? null }
}

/** Equal for equal contents: a digest, since bodies are long and there is one for each item. */
function keyOf(item: ExchangeItem): string {
  const hash = createHash('sha256')
  const { timeMs, principal, method, host, path, query, headers, body, status, responseHeaders, responseBody, before } =
    item
  hash.update(JSON.stringify([timeMs, principal, method, host, path, query, status, sorted(headers), body]))
  hash.update(JSON.stringify([sorted(responseHeaders), responseBody, before as unknown]))
  return hash.digest('base64url')
}

function sorted(fields: readonly HeaderField[] | null): readonly HeaderField[] | null {
  return fields === null ? null : fields.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}
