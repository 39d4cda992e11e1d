import type { ApiDocument } from '../config/api-documents.ts'
import type { InsightConfig } from '../config/types.ts'
import type { InsightStatus } from '../insight/process.ts'
import type { Suspect } from '../response/incidents/report.ts'

/** What insight's process is told at its birth: plain data. */
export interface InsightBirth extends InsightConfig {
  readonly folder: string
  readonly socket: string
  readonly hashKey: Uint8Array
}

export interface ToldConfiguration {
  /** The configuration in force as JSON, in which secrets are redacted. */
  readonly text: string
  /** OpenAPI documents that it names; null: the same as before. */
  readonly documents: readonly ApiDocument[] | null
}

/** Main → insight. */
export type ToInsight =
  | { readonly kind: 'start'; readonly birth: InsightBirth; readonly told: ToldConfiguration }
  | { readonly kind: 'configuration'; readonly told: ToldConfiguration }
  | {
      readonly kind: 'ask'
      readonly number: number
      readonly question: string
      readonly parameters: Readonly<Record<string, string>>
    }
  | { readonly kind: 'stop' }

/** Insight → main. */
export type FromInsight =
  | { readonly kind: 'ready' }
  | { readonly kind: 'status'; readonly status: InsightStatus }
  /** Callers on whom the gateway acts; told when it changed, and all of it anew at each start. */
  | { readonly kind: 'suspects'; readonly suspects: readonly Suspect[] }
  /** `text`: JSON; null: there is no such thing. `failed`: the question broke something, which was logged. */
  | { readonly kind: 'answer'; readonly number: number; readonly text: string | null; readonly failed?: true }
  | {
      readonly kind: 'log'
      readonly level: 'info' | 'warn' | 'error'
      readonly message: string
      readonly facts?: Readonly<Record<string, unknown>>
    }
