import type { Origin } from '../model/operation.ts'

/** What came back on a call: values of one variable are answered alike, literals need not be. */
export interface CallSigns {
  /** HTTP status. */
  readonly status?: number
  /** Any text that is equal for equal key sets of the response body (a digest, or the names joined). */
  readonly keys?: string
}

/** The place where a path's statistics belong. Stable as long as the set lives, over dump and restore too; never used again. */
export type LeafId = number

/** A variable segment of a template. */
export interface TemplateVariable {
  /** Unique within the template; a word, usable as OpenAPI parameter name. */
  readonly name: string
  /** Index of the segment, from 0. */
  readonly segment: number
  /** `integer`, `uuid` …: what all values seen are (lib/segment-shape), or `string`. */
  readonly type: string
  /** Distinct values seen, estimated; 0 when none was. */
  readonly distinct: number
}

/** A path with its variable segments found: `/orders/{id}`. */
export interface PathTemplate {
  readonly template: string
  readonly origin: Origin
  /** 0–1: how sure the variables and the literals are. */
  readonly confidence: number
  /** Why, in words: `{id}: 37 values, all integer`. */
  readonly evidence: readonly string[]
  readonly variables: readonly TemplateVariable[]
}

/** One template of a set, with the leaves that count to it now. Statistics kept by leaf and merged here stay exact under every split. */
export interface TemplateGroup extends PathTemplate {
  readonly leaves: readonly LeafId[]
  readonly calls: number
}

/** An operator's word on templates, kept as written so that it can be taken back exactly. */
export type TemplateEdit =
  /** These paths are this operation, however they look. */
  | { readonly kind: 'declare'; readonly template: string; readonly origin: 'operator' | 'openapi' }
  /** In this template, this value of this variable is a literal of its own. */
  | { readonly kind: 'split'; readonly template: string; readonly variable: string; readonly value: string }
  /** The variable is called so. */
  | { readonly kind: 'rename'; readonly template: string; readonly variable: string; readonly name: string }
