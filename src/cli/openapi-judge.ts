import { createHash } from 'node:crypto'
import type { ApiDocumentJudge, ApiDocumentVerdict } from '../config/api-documents.ts'
import { readOpenApi } from '../insight/inventory/openapi/read-openapi.ts'

/** Of the verdicts that are remembered. */
const rememberedMax = 1000

/** The reader of insight as the judge of documents. It remembers its verdicts: a reload mostly changes none of them, and reading takes up to a second each. */
export function createOpenApiJudge(): ApiDocumentJudge {
  const known = new Map<string, ApiDocumentVerdict>()
  return ({ source, text }) => {
    const key = createHash('sha256').update(JSON.stringify(source)).update(text).digest('base64')
    const before = known.get(key)
    if (before !== undefined) return before
    const read = readOpenApi(text, source)
    const verdict =
      'document' in read ? { faults: [], warnings: read.document.warnings } : { faults: read.faults, warnings: [] }
    if (known.size >= rememberedMax) known.clear()
    known.set(key, verdict)
    return verdict
  }
}
