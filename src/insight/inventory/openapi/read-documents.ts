import type { ApiDocument } from '../../../config/api-documents.ts'
import type { OpenApiDocument } from './document.ts'
import { readOpenApi } from './read-openapi.ts'

/** Documents of the configuration, which were read once when it was checked: one that does not read all the same is told to `onFault` and left out. */
export function readDocuments(
  documents: readonly ApiDocument[],
  onFault: (words: string) => void,
): Array<{ readonly service: string; readonly document: OpenApiDocument }> {
  return documents.flatMap(({ service, source, text }) => {
    const read = readOpenApi(text, source)
    if ('document' in read) return [{ service, document: read.document }]
    for (const issue of read.issues) onFault(`a document of service ${service} cannot be read: ${issue}`)
    return []
  })
}
