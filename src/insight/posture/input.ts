import type { Config } from '../../config/types.ts'
import type { Severity } from '../../core/finding.ts'
import type { OpenApiDocument } from '../inventory/openapi/document.ts'
import type { Operation } from '../model/operation.ts'
import type { ImportedFinding } from './import/imported.ts'
import type { ConfigPatch } from './patch.ts'
import type { Suppression } from './suppressions.ts'

/** All that posture is judged from. Every part may be missing; rules say nothing of what they cannot see. */
export interface PostureInput {
  /** The effective configuration. null: not known (traffic or documents alone). */
  readonly config: Config | null
  readonly operations: readonly Operation[]
  readonly documents: readonly DocumentOf[]
  /** What other scanners found. */
  readonly imported: readonly ImportedFinding[]
  /** What the operator accepts, for a time. */
  readonly suppressions: readonly Suppression[]
  /** ms since the epoch: of expiring certificates and suppressions. */
  readonly now: number
}

/** An OpenAPI document beside the service that it describes. */
export interface DocumentOf {
  /** null: the only service of the configuration, else the document's title. */
  readonly service: string | null
  readonly document: OpenApiDocument
}

/** Where a weakness lies; each heading counts for one part of the score (score.ts). */
export const headings = {
  connection: 'Encrypted connection',
  access: 'Authentication and authorization',
  limits: 'Limits',
  surface: 'Exposed surface',
  parameters: 'Parameter checks',
  responses: 'Response contents',
} as const

export type Heading = keyof typeof headings

/** What a rule says of one subject; assess.ts makes a Finding of it. */
export interface Weakness {
  /** Operation id, `route NAME`, `service NAME`, `listener NAME` or `gateway`. */
  readonly subject: string
  readonly message: string
  /** At least one, each with a figure or a place. */
  readonly evidence: readonly string[]
  /** 0–1. */
  readonly confidence: number
  /** When this one is worse or better than the rule's usual. */
  readonly severity?: Severity
  readonly advice: string
  readonly patch?: ConfigPatch
}
