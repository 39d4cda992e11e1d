import { type Learnt, learnItems, scoreOf } from '../../../src/insight/behaviour/calibration.ts'
import { exchanges } from '../../../src/insight/behaviour/families/exchanges/exchanges.ts'
import type { ExchangeItem } from '../../../src/insight/behaviour/families/exchanges/exchange-item.ts'
import type { FileLine } from '../../../src/insight/behaviour/model.ts'

/** Lines as an outside program writes them, read as `learn` reads them. */
export async function itemsOf(values: readonly unknown[]): Promise<ExchangeItem[]> {
  async function* lines(): AsyncGenerator<FileLine> {
    for (const [i, value] of values.entries()) yield { text: JSON.stringify(value), number: i + 1 }
  }
  const items: ExchangeItem[] = []
  const skip = (line: number, why: string): void => {
    throw new Error(`line ${line}: ${why}`)
  }
  for await (const item of exchanges.read(lines(), skip)) items.push(item)
  return items
}

export function learnt(items: readonly ExchangeItem[], budget: number): Learnt<ExchangeItem> {
  return learnItems(exchanges, items, budget)
}

/** How many of the items are judged abnormal. */
export function alarms({ model, calibration }: Learnt<ExchangeItem>, items: readonly ExchangeItem[]): number {
  let count = 0
  for (const item of items) if (scoreOf(calibration, model.judge(item)).score > calibration.threshold) count++
  return count
}

/** Harmonic mean of precision and recall. */
export function f1(found: number, of: number, falseAlarms: number): number {
  return (2 * found) / (of + found + falseAlarms)
}
