import type { ZodType } from 'zod'
import type { ConfigIssue } from '../core/config-error.ts'
import { ConfigError } from '../core/config-error.ts'
import type { Phase } from '../core/phase.ts'
import type { Policy } from '../core/policy.ts'
import type { Sink } from '../core/sink.ts'
import { alternatives } from './hints.ts'
import type { Locator } from './locate.ts'
import { parseValue } from './parse-value.ts'
import { fromPointer, toPointer, type DocumentPath } from './pointer.ts'
import { absolutePath } from './written-path.ts'

/** Settings of one entry, checked by its own schema. */
export interface CheckedEntry {
  readonly policy: Policy
  readonly schema: ZodType
  readonly with: unknown
  readonly phase: Phase
}

/** Settings of one sink, checked by its own schema. */
export interface CheckedSink {
  readonly schema: ZodType
  readonly with: unknown
}

export interface Checked<T> {
  /** By JSON pointer of the entry. */
  readonly entries: ReadonlyMap<string, T>
  readonly issues: readonly ConfigIssue[]
}

/**
 * Checks the settings of every policy entry of a merged document, whatever else is wrong with it, so that all mistakes come out at once.
 * Entries that are not even entries are passed over: the schema of the whole says what is wrong with them.
 */
export async function checkPolicyEntries(
  document: Readonly<Record<string, unknown>>,
  policies: readonly Policy[],
  locator: Locator,
): Promise<Checked<CheckedEntry>> {
  const byName = new Map(policies.map(policy => [policy.name, policy]))
  const found = policyEntries(document)
  const used = new Set(found.map(({ entry }) => entry.use))
  const schemas = new Map(
    await Promise.all([...used].map(async use => [use, await byName.get(use)?.schema()] as const)),
  )
  // Many routes say the same; checking it once takes most of the time off a large configuration.
  const known = new Map<string, CheckedEntry>()
  const entries = new Map<string, CheckedEntry>()
  const issues: ConfigIssue[] = []
  for (const { path, entry } of found) {
    const pointer = toPointer(path)
    const policy = byName.get(entry.use)
    const schema = schemas.get(entry.use)
    if (policy === undefined || schema === undefined) {
      issues.push(unknownWord(entry.use, [...path, 'use'], 'policy', [...byName.keys()], locator))
      continue
    }
    const settings = entry.with ?? {}
    const key = `${entry.use} ${JSON.stringify(settings)}`
    const before = known.get(key)
    if (before !== undefined) {
      entries.set(pointer, before)
      continue
    }
    const at = [...path, 'with']
    const parsed = parseValue(schema, settings, at, locator)
    if ('issues' in parsed) {
      issues.push(...parsed.issues)
      continue
    }
    try {
      const phase = typeof policy.phase === 'function' ? policy.phase(parsed.value) : policy.phase
      const checked = { policy, schema, with: parsed.value, phase }
      known.set(key, checked)
      entries.set(pointer, checked)
    } catch (error) {
      issues.push(...policyIssues(error, at, locator))
    }
  }
  return { entries, issues }
}

/** Checks the settings of every event sink: all keys beside `sink`. */
export async function checkSinkEntries(
  document: Readonly<Record<string, unknown>>,
  sinks: readonly Sink[],
  locator: Locator,
): Promise<Checked<CheckedSink>> {
  const byName = new Map(sinks.map(sink => [sink.name, sink]))
  const entries = new Map<string, CheckedSink>()
  const issues: ConfigIssue[] = []
  for (const [i, entry] of list(document['events']).entries()) {
    if (!isMap(entry) || typeof entry['sink'] !== 'string') continue
    const path = ['events', i]
    const sink = byName.get(entry['sink'])
    const schema = await sink?.schema()
    if (sink === undefined || schema === undefined) {
      issues.push(unknownWord(entry['sink'], [...path, 'sink'], 'sink', [...byName.keys()], locator))
      continue
    }
    const { sink: _, ...settings } = entry
    const parsed = parseValue(schema, settings, path, locator)
    if ('issues' in parsed) issues.push(...parsed.issues)
    else
      entries.set(toPointer(path), { schema, with: withAbsolutePaths(parsed.value, sink.paths ?? [], path, locator) })
  }
  return { entries, issues }
}

/** Checked settings of a sink in which `names`, as far as they are there, are absolute paths. */
function withAbsolutePaths(settings: unknown, names: readonly string[], at: DocumentPath, locator: Locator): unknown {
  if (!isMap(settings)) return settings
  const paths = names.flatMap(name => {
    const written = settings[name]
    return typeof written === 'string' ? [[name, absolutePath(written, [...at, name], locator)] as const] : []
  })
  return { ...settings, ...Object.fromEntries(paths) }
}

/** Issues that a policy threw: its pointers are relative to `with`. Anything but a ConfigError is a bug, and refuses as well. */
export function policyIssues(error: unknown, base: DocumentPath, locator: Locator): ConfigIssue[] {
  const thrown =
    error instanceof ConfigError
      ? error.issues
      : [{ pointer: '', reason: `cannot be used: ${(error as Error).message}` }]
  return thrown.map(issue => {
    const path = [...base, ...fromPointer(issue.pointer)]
    const place = issue.place ?? locator.place(path, 'value')
    return { ...issue, pointer: toPointer(path), ...(place === undefined ? {} : { place }) }
  })
}

/** A name that refers to nothing. */
export function unknownWord(
  written: string,
  path: DocumentPath,
  word: string,
  known: readonly string[],
  locator: Locator,
): ConfigIssue {
  const place = locator.place(path, 'value')
  const hint = alternatives(written, known, 'known')
  return {
    pointer: toPointer(path),
    reason: `there is no ${word} ${JSON.stringify(written)}`,
    ...(hint === null ? {} : { hint }),
    ...(place === undefined ? {} : { place }),
  }
}

interface WrittenEntry {
  readonly path: DocumentPath
  readonly entry: { readonly use: string; readonly with?: unknown }
}

function policyEntries(document: Readonly<Record<string, unknown>>): WrittenEntry[] {
  const services = document['services']
  return [
    ...entriesOf(document['policies'], ['policies']),
    ...Object.entries(isMap(services) ? services : {}).flatMap(([name, service]) =>
      isMap(service) ? entriesOf(service['policies'], ['services', name, 'policies']) : [],
    ),
    ...list(document['routes']).flatMap((route, i) =>
      isMap(route) ? entriesOf(route['policies'], ['routes', i, 'policies']) : [],
    ),
  ]
}

function entriesOf(value: unknown, path: DocumentPath): WrittenEntry[] {
  return list(value).flatMap((entry, i) =>
    isMap(entry) && typeof entry['use'] === 'string'
      ? [{ path: [...path, i], entry: entry as unknown as WrittenEntry['entry'] }]
      : [],
  )
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
