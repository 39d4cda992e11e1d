import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import type { ConfigIssue } from '../core/config-error.ts'
import { parseYamlFully, preflight, YAML_TEXT_MAX, type YamlDocument } from '../core/yaml.ts'
import { readPlainYaml, type NodeOffsets } from '../core/yaml-plain.ts'
import { flowTemplateHint } from './hints.ts'

/** One configuration file as it was read. */
export interface Source {
  /** As it is shown in places: the way the operator wrote the path. */
  readonly file: string
  readonly text: string
  /** Plain data with references unresolved. */
  readonly value: Readonly<Record<string, unknown>>
  /** Where the maps and lists of `value` stand; null when the quick reader gave up and the full parser has to be asked. */
  readonly offsets: ReadonlyMap<object, NodeOffsets> | null
  /** What the full parser made, when it was asked. */
  readonly parsed: YamlDocument | null
}

export interface Sources {
  readonly sources: readonly Source[]
  /** Absolute paths that a change of the configuration would touch. */
  readonly watched: readonly string[]
  readonly issues: readonly ConfigIssue[]
}

/** Reads a configuration file, or all `*.yaml` and `*.yml` of a folder in the order of their names. Never throws for what is in them. */
export async function readSources(given: string): Promise<Sources> {
  const watched = [path.resolve(given)]
  let files = [given]
  try {
    if ((await stat(given)).isDirectory()) {
      const names = (await readdir(given)).filter(name => /\.ya?ml$/.test(name) && !name.startsWith('.')).sort()
      files = names.map(name => path.join(given, name))
      watched.push(...files.map(file => path.resolve(file)))
      if (names.length === 0) {
        return { sources: [], watched, issues: [unreadable(given, 'the folder holds no *.yaml file')] }
      }
    }
  } catch (error) {
    return { sources: [], watched, issues: [unreadable(given, reasonOf(error))] }
  }
  const read = await Promise.all(files.map(readSource))
  return {
    sources: read.flatMap(one => ('source' in one ? [one.source] : [])),
    watched,
    issues: read.flatMap(one => ('issues' in one ? one.issues : [])),
  }
}

async function readSource(file: string): Promise<{ source: Source } | { issues: ConfigIssue[] }> {
  const text = await readText(file)
  if (typeof text !== 'string') return { issues: [unreadable(file, text.reason)] }
  const tooMuch = preflight(text)
  if (tooMuch !== null) {
    return { issues: [{ pointer: '', reason: tooMuch.reason, place: { file, line: 1, column: 1 } }] }
  }
  const plain = readPlainYaml(text)
  if (plain !== null) return mapOnly({ file, text, offsets: plain.offsets, parsed: null }, plain.value)
  const full = parseYamlFully(text)
  if ('value' in full) return mapOnly({ file, text, offsets: null, parsed: full.parsed ?? null }, full.value)
  // One mistake makes the parser stumble several times: the first complaint of each line is the useful one.
  const firsts = full.issues.filter((issue, i) => full.issues.findIndex(other => other.line === issue.line) === i)
  return {
    issues: firsts.map(issue => {
      const hint = flowTemplateHint(text.split('\n')[issue.line - 1] ?? '')
      const place = { file, line: issue.line, column: issue.column }
      return { pointer: '', reason: issue.reason, ...(hint === null ? {} : { hint }), place }
    }),
  }
}

function mapOnly(read: Omit<Source, 'value'>, value: unknown): { source: Source } | { issues: ConfigIssue[] } {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return { source: { ...read, value: value as Record<string, unknown> } }
  }
  const place = { file: read.file, line: 1, column: 1 }
  const hint = 'begin with `version: 1`, then listeners, services and routes'
  return {
    issues: [
      {
        pointer: '',
        reason: value === null ? 'the file is empty' : 'the configuration must be a map of keys',
        hint,
        place,
      },
    ],
  }
}

/** The text of a regular UTF-8 file of bounded size, or the reason why not. Devices and pipes are refused: reading them may never end. */
export async function readText(file: string): Promise<string | { reason: string }> {
  const bytes = await readBytes(file)
  if (!(bytes instanceof Uint8Array)) return bytes
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return { reason: 'is not UTF-8 text' }
  }
}

/** The bytes of a regular file of bounded size, or the reason why not. */
export async function readBytes(file: string): Promise<Uint8Array | { reason: string }> {
  try {
    const facts = await stat(file)
    if (!facts.isFile()) return { reason: facts.isDirectory() ? 'is a folder, not a file' : 'is not a regular file' }
    if (facts.size > YAML_TEXT_MAX) return { reason: `is larger than ${YAML_TEXT_MAX} bytes` }
    return await readFile(file)
  } catch (error) {
    return { reason: reasonOf(error) }
  }
}

function unreadable(file: string, reason: string): ConfigIssue {
  return {
    pointer: '',
    reason: `cannot read the configuration: ${reason}`,
    hint: 'give a file or a folder of *.yaml files: --config PATH',
    place: { file, line: 1, column: 1 },
  }
}

/** A system error in words. */
function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT') return 'no such file'
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  if (code === 'ENOTDIR') return 'a part of its path is not a folder'
  if (code === 'ELOOP') return 'its symbolic links form a circle'
  return code ?? 'cannot be read'
}
