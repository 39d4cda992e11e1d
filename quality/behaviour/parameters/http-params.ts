import { readFileSync } from 'node:fs'
import path from 'node:path'
import { testData } from '../../../test/support/test-data.ts'

/** One value with what it truly is: `norm`, `sqli`, `xss`, `path-traversal`, `cmdi`. */
export interface LabelledValue {
  readonly value: string
  readonly kind: string
}

const row = /^"((?:[^"]|"")*)","\d+","([^"]*)","(?:norm|anom)"$/

/** The values of ../shared/data/http-params in their order; null when they are not here. */
export function labelledValues(): LabelledValue[] | null {
  const folder = testData('http-params')
  if (folder === null) return null
  const [, ...lines] = readFileSync(path.join(folder, 'payload_train.csv'), 'utf8').trim().split(/\r?\n/)
  return lines.map(line => {
    const found = row.exec(line)
    if (found === null) throw new Error('a row of http-params does not read')
    return { value: (found[1] ?? '').replaceAll('""', '"'), kind: found[2] ?? '' }
  })
}
