import type { ConfigIssue } from '../core/config-error.ts'
import type { YamlIssue } from '../core/yaml.ts'
import { issueAt } from './checks.ts'
import type { Locator } from './locate.ts'
import { toPointer, valueAt, type DocumentPath } from './pointer.ts'
import type { ConfigurationInput } from './schema/configuration.ts'

/** An OpenAPI document of a service as text. It stays beside the configuration: workers have no use for it, and it may be megabytes. */
export interface ApiDocument {
  readonly service: string
  /** Its file as places show it; the JSON pointer of its key when it stands in the configuration itself. */
  readonly source: string
  readonly text: string
}

/** Who knows OpenAPI. Handed in, since that knowledge lives in insight. */
export type ApiDocumentJudge = (document: ApiDocument) => ApiDocumentVerdict

export interface ApiDocumentVerdict {
  /** Why it is no document that can be read; empty when it is one. */
  readonly faults: readonly YamlIssue[]
  /** What is left out of it, each with its JSON pointer. */
  readonly warnings: readonly string[]
}

/** All documents together, characters: insight holds them read. */
export const documentsTextMax = 16 * 1024 * 1024

const warningsShown = 20

/** The documents with the places where they are named, in the order of the configuration. `written`: the document before it was checked. */
export function apiDocuments(
  services: ConfigurationInput['services'],
  written: unknown,
  locator: Locator,
): Array<readonly [document: ApiDocument, path: DocumentPath]> {
  return Object.entries(services).flatMap(([service, { openapi }]) => {
    const whole = ['services', service, 'openapi']
    // A single one may be written without a list.
    const listed = Array.isArray(valueAt(written, whole))
    return (openapi ?? []).map((text, i) => {
      const path = listed ? [...whole, i] : whole
      return [{ service, source: locator.reference(path)?.file ?? toPointer(path), text }, path] as const
    })
  })
}

/** Everything that is wrong with them, at its place in their own files, and what of them is left out. */
export function judgeDocuments(
  documents: ReadonlyArray<readonly [document: ApiDocument, path: DocumentPath]>,
  judge: ApiDocumentJudge,
  locator: Locator,
): { readonly issues: ConfigIssue[]; readonly warnings: ConfigIssue[] } {
  const issues: ConfigIssue[] = []
  const warnings: ConfigIssue[] = []
  const known = new Set<string>()
  let characters = 0
  for (const [document, path] of documents) {
    const { service, source, text } = document
    characters += text.length
    const key = JSON.stringify([service, text])
    if (known.has(key)) {
      issues.push(issueAt(locator, path, 'is named twice for this service'))
      continue
    }
    known.add(key)
    if (characters > documentsTextMax) {
      issues.push(issueAt(locator, path, `makes all documents larger than ${documentsTextMax} characters`))
      return { issues, warnings }
    }
    const file = locator.reference(path)?.file ?? null
    if (file === null && !text.includes('\n')) {
      issues.push(issueAt(locator, path, 'must be a document', 'write file:PATH, relative to this file'))
      continue
    }
    const verdict = judge(document)
    for (const { line, column, reason } of verdict.faults)
      issues.push(
        file === null
          ? issueAt(locator, path, reason)
          : { pointer: toPointer(path), reason, place: { file, line, column } },
      )
    for (const warning of verdict.warnings.slice(0, warningsShown))
      warnings.push(issueAt(locator, path, `${source} ${warning}`))
    if (verdict.warnings.length > warningsShown)
      warnings.push(issueAt(locator, path, `${source}: ${verdict.warnings.length - warningsShown} more warnings`))
  }
  return { issues, warnings }
}
