import type { ZodType } from 'zod'
import { inputJsonSchema, schemasAt, type JsonSchema } from './json-schema.ts'
import { toPointer, type DocumentPath } from './pointer.ts'
import { configurationSchema } from './schema/configuration.ts'
import { redact } from './secrets.ts'

/** The document as written, fit to be shown: every secret place and every known secret text prints `[redacted]`. */
export function authoredDocument(
  written: unknown,
  entries: ReadonlyMap<string, { readonly schema: ZodType }>,
  secrets: ReadonlySet<string>,
): unknown {
  const made = new Map<ZodType, JsonSchema>()
  const jsonSchema = (schema: ZodType): JsonSchema => {
    const known = made.get(schema) ?? inputJsonSchema(schema)
    made.set(schema, known)
    return known
  }
  const schemaAt = (path: DocumentPath): readonly JsonSchema[] => {
    const [owner, rest] = ownerOf(path)
    const entry = owner === null ? undefined : entries.get(toPointer(owner))
    return entry === undefined
      ? schemasAt(jsonSchema(configurationSchema), path)
      : schemasAt(jsonSchema(entry.schema), rest)
  }
  return redact(written, schemaAt, secrets)
}

/** The policy or sink entry in whose settings a path lies, and the rest of the path inside those settings. */
function ownerOf(path: DocumentPath): readonly [DocumentPath | null, DocumentPath] {
  if (path[0] === 'events' && path.length > 2) return [path.slice(0, 2), path.slice(2)]
  const at = path.indexOf('with')
  if (at >= 2 && path[at - 2] === 'policies') return [path.slice(0, at), path.slice(at + 1)]
  return [null, path]
}
