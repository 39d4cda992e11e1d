import { ConfigError, formatIssue, type ConfigIssue, type SourcePlace } from '../core/config-error.ts'
import type { Policy } from '../core/policy.ts'
import type { Sink } from '../core/sink.ts'
import { apiDocuments, judgeDocuments, type ApiDocument, type ApiDocumentJudge } from './api-documents.ts'
import { authoredDocument } from './authored.ts'
import { buildConfig } from './build.ts'
import { certificatePolicyWarnings, chainIssues } from './chain-checks.ts'
import { configIssues, issueAt } from './checks.ts'
import { checkPolicyEntries, checkSinkEntries } from './entries.ts'
import { createLocator, type Locator } from './locate.ts'
import { clashIssues, mergeSources } from './merge.ts'
import { parseValue } from './parse-value.ts'
import { fromPointer, toPointer, type DocumentPath } from './pointer.ts'
import { resolveReferences, type Resolved } from './references.ts'
import { configurationSchema } from './schema/configuration.ts'
import { scrubber, scrubIssue, secretTexts } from './secrets.ts'
import { readSources, type Source } from './source.ts'
import { tlsIssues, tlsWarnings, type TlsJudge } from './tls-judge.ts'
import { slashWarnings } from './slash-warnings.ts'
import { listenerTrustWarnings, proxyWarnings } from './trust-warnings.ts'
import { trialCompile } from './trial-compile.ts'
import type { Config, PolicyEntry } from './types.ts'

export interface LoadOptions {
  /** A file, or a folder of *.yaml files. */
  readonly path: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly policies: readonly Policy[]
  readonly sinks: readonly Sink[]
  /** Processors of this machine, for `workers: auto`. */
  readonly cpus: number
  /** Wall clock, ms since the epoch. */
  readonly now: number
  /** Judges certificates, keys and CAs; without it they are only read. */
  readonly tls?: TlsJudge
  /** Judges the OpenAPI documents of services; without it they are only read. */
  readonly openapi?: ApiDocumentJudge
}

export interface LoadedConfig {
  /** Frozen. */
  readonly config: Config
  /** OpenAPI documents of the services, in the order of the configuration. */
  readonly documents: readonly ApiDocument[]
  /** The document as written, for people: references stay references, inline secrets print `[redacted]`. */
  readonly authored: unknown
  /** Absolute paths of every file and folder whose change is a change of the configuration. */
  readonly files: readonly string[]
  /** Allowed, but worth knowing: `file:line:column /pointer: …`. */
  readonly warnings: readonly string[]
  /** Where a JSON pointer of the (merged) document was written. */
  locate(pointer: string): SourcePlace | undefined
}

/**
 * Reads, resolves and checks a configuration. Throws a ConfigError with everything that is wrong with it. `watch`, when given, learns
 * the files even then: a broken configuration is repaired by changing one of them.
 */
export async function loadConfig(
  options: LoadOptions,
  watch?: (files: readonly string[]) => void,
): Promise<LoadedConfig> {
  const { sources, watched, issues: unreadable } = await readSources(options.path)
  watch?.(watched)
  if (unreadable.length > 0) throw new ConfigError(unreadable)
  const resolved = await Promise.all(sources.map(source => resolveReferences(source, options.env)))
  const files = [...new Set([...watched, ...resolved.flatMap(one => one.files)])]
  watch?.(files)

  const merged = mergeSources(resolved.map(one => one.value))
  const locator = createLocator(
    sources,
    resolved.map(one => one.references),
    merged,
  )
  const document = parseValue(configurationSchema, merged.value, [], locator)
  const [entries, sinks] = await Promise.all([
    checkPolicyEntries(merged.value, options.policies, locator),
    checkSinkEntries(merged.value, options.sinks, locator),
  ])
  const broken = brokenReferences(resolved, locator)
  const issues: ConfigIssue[] = [...broken, ...clashIssues(merged, locator)]
  // A reference that leads nowhere is still a text there; what a schema says of that text helps nobody.
  const beside = (issue: ConfigIssue): boolean =>
    !broken.some(({ pointer }) => issue.pointer === pointer || issue.pointer.startsWith(`${pointer}/`))
  if ('issues' in document) issues.push(...document.issues.filter(beside))
  issues.push(...[...entries.issues, ...sinks.issues].filter(beside))

  const secrets = new Set<string>()
  // Equal settings are one object (entries.ts), so each is looked through once.
  const settings = [...entries.entries.values(), ...sinks.entries.values()].map(one => one.with)
  secretTexts([...new Set(settings)], secrets)
  const paths = new Map<PolicyEntry, DocumentPath>()
  const config =
    'value' in document
      ? buildConfig(document.value, {
          entries: entries.entries,
          sinks: sinks.entries,
          locator,
          cpus: options.cpus,
          paths,
        })
      : null
  if (config !== null)
    secretTexts([config.listeners, config.control, config.stores, config.services.map(({ tls }) => tls)], secrets)
  if (config !== null) {
    issues.push(...configIssues(config, locator).filter(beside))
    if (options.tls !== undefined) issues.push(...tlsIssues(config, options.tls, locator).filter(beside))
    // A list with a refused entry is not whole: what is said of its order or its chain would be wrong.
    if (entries.issues.length === 0) issues.push(...chainIssues(config, paths, locator))
    issues.push(
      ...trialCompile(config, new Map(options.policies.map(policy => [policy.name, policy])), paths, locator).filter(
        beside,
      ),
    )
  }
  const documents = 'value' in document ? apiDocuments(document.value.services, merged.value, locator) : []
  const judged =
    options.openapi === undefined
      ? null
      : judgeDocuments(
          // What a broken reference leads to is no document.
          documents.filter(([, path]) => beside({ pointer: toPointer(path), reason: '' })),
          options.openapi,
          locator,
        )
  issues.push(...(judged?.issues ?? []))
  // Made when something is to be said: most of the time nothing is.
  let scrub: ((text: string) => string) | null = null
  const clean = (text: string): string => {
    scrub ??= scrubber(secrets, new Set(resolved.flatMap(one => [...one.references.values()])))
    return scrub(text)
  }
  if (config === null || issues.length > 0)
    throw new ConfigError(inOrder(issues).map(issue => scrubIssue(issue, clean)))

  const warnings = inOrder([
    ...certificatePolicyWarnings(config, paths, locator),
    ...proxyWarnings(config, locator),
    ...listenerTrustWarnings(config, locator),
    ...slashWarnings(config, locator),
    ...(options.tls === undefined ? [] : tlsWarnings(config, options.tls, options.now, locator)),
    ...policyWarnings(paths, options.policies, locator),
    ...(judged?.warnings ?? []),
    ...readableSecrets(sources, resolved, secrets, locator),
  ])
  let authored: unknown = null
  return {
    config: deepFreeze(config),
    documents: documents.map(([one]) => one),
    get authored() {
      authored ??= authoredDocument(
        mergeSources(sources.map(source => source.value)).value,
        new Map([...entries.entries, ...sinks.entries]),
        secrets,
      )
      return authored
    },
    files,
    warnings: warnings.map(warning => formatIssue(scrubIssue(warning, clean))),
    locate: pointer => locator.place(fromPointer(pointer), 'value'),
  }
}

function brokenReferences(resolved: readonly Resolved[], locator: Locator): ConfigIssue[] {
  return resolved.flatMap(({ broken }, source) =>
    broken.map(({ path, reason, hint }) => {
      const place = locator.inSource({ source, path }, 'value')
      return { pointer: toPointer(path), reason, hint, ...(place === undefined ? {} : { place }) }
    }),
  )
}

function policyWarnings(
  paths: ReadonlyMap<PolicyEntry, DocumentPath>,
  policies: readonly Policy[],
  locator: Locator,
): ConfigIssue[] {
  const byName = new Map(policies.map(policy => [policy.name, policy]))
  // Equal settings are one object (entries.ts): they are warned of alike, at each of their places.
  const known = new Map<unknown, readonly string[]>()
  return [...paths].flatMap(([entry, path]) => {
    const warnings = known.get(entry.with) ?? byName.get(entry.use)?.warnings?.(entry.with) ?? []
    known.set(entry.with, warnings)
    return warnings.map(warning => issueAt(locator, path, warning))
  })
}

/** Secrets in files that everybody on the machine may read. */
function readableSecrets(
  sources: readonly Source[],
  resolved: readonly Resolved[],
  secrets: ReadonlySet<string>,
  locator: Locator,
): ConfigIssue[] {
  return sources.flatMap((_, source) =>
    [...(resolved[source]?.references ?? [])].flatMap(([pointer, reference]) => {
      if (!reference.worldReadable || !secrets.has(reference.text.replace(/\r?\n$/, ''))) return []
      const place = locator.inSource({ source, path: fromPointer(pointer) }, 'value')
      const reason = `everybody on this machine may read ${reference.file}, which holds a secret`
      return [{ pointer, reason, hint: 'chmod 600', ...(place === undefined ? {} : { place }) }]
    }),
  )
}

/** By file, line and column; each thing once. */
function inOrder(issues: readonly ConfigIssue[]): ConfigIssue[] {
  const once = new Map(issues.map(issue => [formatIssue(issue), issue]))
  return [...once.values()].sort((a, b) => {
    if (a.place === undefined || b.place === undefined)
      return Number(a.place === undefined) - Number(b.place === undefined)
    return a.place.file.localeCompare(b.place.file) || a.place.line - b.place.line || a.place.column - b.place.column
  })
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value) && !ArrayBuffer.isView(value)) {
    Object.freeze(value)
    for (const key of Object.keys(value)) deepFreeze((value as Record<string, unknown>)[key])
  }
  return value
}
