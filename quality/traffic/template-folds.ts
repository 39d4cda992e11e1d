import { type Model, fitted } from '../../src/insight/templates/decide.ts'
import { readForest, writeForest } from '../../src/insight/templates/forest.ts'
import { countWords } from '../make-vocabulary.ts'
import { fit, readLessons } from '../make-weights.ts'
import { type ApiDocument, providerOf, readDocuments } from './openapi-documents.ts'
import { hashOf } from './seeded.ts'
import { withoutProvider } from './template-lessons.ts'

export const folds = 3

/**
 * What `look` says of each document while the templates are decided as if its provider had not been there: by forests that were fitted without its fold, and
 * without its words in the vocabulary. Ten minutes and more: each fold is fitted anew.
 */
export function inFolds<T>(folder: string, look: (document: ApiDocument) => T): T[] {
  const words = countWords(folder)
  const lessons = readLessons(folder, words)
  const documents = readDocuments(folder)
  const asked = fitted as { -readonly [K in keyof Model]: Model[K] }
  const usual = { ...fitted }
  const found: T[] = []
  try {
    for (let fold = 0; fold < folds; fold++) {
      const model = fit(
        lessons.filter(({ pool }) => foldOf(pool.provider) !== fold),
        words,
      )
      // As weights.ts says them.
      asked.first = readForest(writeForest(model.first))
      asked.second = readForest(writeForest(model.second))
      for (const document of documents) {
        const provider = providerOf(document)
        if (foldOf(provider) === fold) found.push(withoutProvider(words, provider, () => look(document)))
      }
    }
  } finally {
    Object.assign(asked, usual)
  }
  return found
}

function foldOf(provider: string): number {
  return hashOf(`outer ${provider}`) % folds
}
