import type { QualityCase } from '../quality-case.ts'
import { openapiDirectory, readDocuments } from '../traffic/openapi-documents.ts'
import { plainTraffic } from '../traffic/plain-traffic.ts'
import { accuracyOf } from './templates-on-openapi-traffic.ts'

const must = 0.98
const operationsMax = 60

/** Path templates on traffic of another, plainer generator than the one that the weights were mostly fitted to. */
export const templatesOnPlainTraffic: QualityCase = {
  name: 'templates-plain-values',
  what: 'path templates on traffic with values drawn from type and format alone, held-out half: grouping accuracy',
  must: `≥ ${must}`,
  aim: '0.995',
  method: `The same documents and halves as above, by a plain generator: integers, decimals, uuids, dates and times where they are declared, enum members where
listed; any other parameter gets either words of a list or random lower-case letters or random lower-case letters and digits, 4 to 12 of them. Each call draws
its own values; each operation is called 20 to 100 times, evenly; neighbouring operations of a document, at most ${operationsMax}. The figure is that of the held-out half;
the note gives the tuning half's too.`,
  run: async () => {
    const folder = openapiDirectory()
    if (folder === null) return null
    const measure = (half: 'tuning' | 'held-out') => {
      let [right, of] = [0, 0]
      for (const document of readDocuments(folder, half)) {
        const found = accuracyOf(document, plainTraffic(document, half, 'quality', operationsMax))
        right += found.right
        of += found.of
      }
      return { value: right / of, of }
    }
    const { value, of } = measure('held-out')
    return { value, of, holds: value >= must, note: `${measure('tuning').value.toFixed(4)} on the tuning half` }
  },
}
