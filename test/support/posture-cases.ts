import assert from 'node:assert/strict'
import { parseYaml } from '../../src/core/yaml.ts'
import { sinks } from '../../src/events/sinks/index.ts'
import { readOpenApi } from '../../src/insight/inventory/openapi/read-openapi.ts'
import type { Authentication, Operation } from '../../src/insight/model/operation.ts'
import type { DocumentOf, PostureInput } from '../../src/insight/posture/input.ts'
import { applyPatch, type ConfigPatch } from '../../src/insight/posture/patch.ts'
import { policies } from '../../src/policies/index.ts'
import { createAuthority } from './certificates.ts'
import { loadWritten } from './configuration.ts'
import { operation, type OperationSketch } from './operation.ts'

/** `cases.json` of a posture rule; src/insight/posture/rules/README.md explains the format. */
export interface PostureCaseFile {
  readonly cases: readonly PostureCase[]
}

export interface PostureCase {
  /** What is weak, or why this is sound. */
  readonly name: string
  /** The configuration as it is written, over a small sound one; absent: not known. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly operations?: readonly SketchInCase[]
  /** OpenAPI documents; `openapi` and `info` are filled in. */
  readonly documents?: ReadonlyArray<Readonly<Record<string, unknown>>>
  /** RFC 3339; 2026-01-01 when absent. `days` counts from the real day instead, on which the test certificates are made. */
  readonly now?: string
  readonly days?: number
  /** Subjects in which the rule finds something, with parts of what it says. Empty: sound. */
  readonly find: ReadonlyArray<{
    readonly subject: string
    readonly severity?: string
    readonly message?: string
    readonly evidence?: string
    readonly patch?: boolean
  }>
}

type SketchInCase = Omit<OperationSketch, 'authentication'> & { readonly authentication?: Partial<Authentication> }

/** A small sound configuration; a case replaces its members. */
export const soundConfig: Readonly<Record<string, unknown>> = {
  version: 1,
  listeners: [{ name: 'local', address: '127.0.0.1:8080' }],
  services: { shop: { targets: ['http://127.0.0.1:3000'] } },
  events: [{ sink: 'stdout' }],
}

/** Sound policies that cases name by one word. */
const macros: Readonly<Record<string, unknown>> = {
  '@jwt': {
    use: 'jwt',
    with: { issuer: 'https://idp.example.com/', audience: ['shop'], jwks: 'https://idp.example.com/jwks' },
  },
  '@anonymous': { use: 'anonymous' },
  '@require': { use: 'require', with: { scopes: ['orders'] } },
  '@limit': { use: 'rate-limit', with: { limit: '600/min', by: ['principal'] } },
  '@limit-address': { use: 'rate-limit', with: { limit: '600/min', by: ['address'] } },
  '@size': { use: 'size', with: { body: '64KiB' } },
  '@headers': { use: 'headers' },
  '@key': { use: 'api-key', with: { keys: [{ id: 'a', sha256: 'a'.repeat(64), expires: '2026-12-31T00:00:00Z' }] } },
}

/** Certificate files that configurations of cases may name: `file:api.crt` and `file:api.key`, `weak.*` (1024-bit RSA), `ca.crt`. */
export function caseFiles(): Readonly<Record<string, string>> {
  const authority = createAuthority()
  const good = authority.issue({ san: 'DNS:api.example.com', eku: 'serverAuth' })
  const weak = authority.issue({ san: 'DNS:api.example.com', eku: 'serverAuth', key: 'rsa:2048', digest: 'sha1' })
  const files = {
    'api.crt': good.certificate,
    'api.key': good.key,
    'weak.crt': weak.certificate,
    'weak.key': weak.key,
    'ca.crt': authority.certificate,
  }
  authority.close()
  return files
}

/** A case as the input of `assess`. Throws when its configuration or a document does not load: the case is broken then. */
export async function caseInput(one: PostureCase, files: Readonly<Record<string, string>>): Promise<PostureInput> {
  const config = one.config === undefined ? null : await loadCaseConfig(authoredConfig(one), files)
  return {
    config,
    operations: (one.operations ?? []).map(sketch => operation(sketch as OperationSketch) satisfies Operation),
    documents: (one.documents ?? []).map(caseDocument),
    imported: [],
    suppressions: [],
    now: one.days === undefined ? Date.parse(one.now ?? '2026-01-01T00:00:00Z') : Date.now() + one.days * 86_400_000,
  }
}

export function authoredConfig(one: PostureCase): Readonly<Record<string, unknown>> {
  const text = JSON.stringify({ ...soundConfig, ...one.config })
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === 'string' ? (macros[value] ?? value) : value,
  ) as Record<string, unknown>
}

/** Loads as `portcullis check` does, with every policy of the product. */
export async function loadCaseConfig(
  authored: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, string>>,
): Promise<PostureInput['config']> {
  const { loaded, issues } = await loadWritten({
    files: { ...files, 'portcullis.yaml': JSON.stringify(authored) },
    policies,
    sinks,
  })
  assert.ok(loaded !== null, JSON.stringify(issues))
  return loaded.config
}

/** The patch of a finding, applied to the configuration as written, loads. Gives the new configuration. */
export async function loadPatched(
  authored: Readonly<Record<string, unknown>>,
  patch: string,
  files: Readonly<Record<string, string>>,
): Promise<PostureInput['config']> {
  const parsed = parseYaml(patch)
  assert.ok('value' in parsed, `the patch is no YAML: ${patch}`)
  return loadCaseConfig(applyPatch(authored, parsed.value as ConfigPatch), files)
}

function caseDocument(written: Readonly<Record<string, unknown>>): DocumentOf {
  const { service, ...document } = written
  const text = JSON.stringify({ openapi: '3.1.0', info: { title: 'Shop', version: '1' }, ...document })
  const read = readOpenApi(text, 'shop.yaml')
  assert.ok('document' in read, JSON.stringify(read))
  return { service: typeof service === 'string' ? service : 'shop', document: read.document }
}
