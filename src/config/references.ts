import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { DocumentPath } from './pointer.ts'
import { toPointer } from './pointer.ts'
import { readBytes, type Source } from './source.ts'

/** A value that was written as `env:NAME`, `env:NAME:-default` or `file:PATH`. */
export interface Reference {
  readonly kind: 'env' | 'file'
  /** As written, default cut off: what dumps and errors show instead of the value. */
  readonly shown: string
  readonly text: string
  /** Of the file, the way places show it; null for env. */
  readonly file: string | null
  /** May everybody on this machine read the file? */
  readonly worldReadable: boolean
}

/** A reference that leads nowhere. */
export interface BrokenReference {
  readonly path: DocumentPath
  readonly reason: string
  readonly hint: string
}

export interface Resolved {
  readonly value: Readonly<Record<string, unknown>>
  /** By JSON pointer into the source. */
  readonly references: ReadonlyMap<string, Reference>
  readonly broken: readonly BrokenReference[]
  /** Absolute paths of all `file:` targets, missing ones too. */
  readonly files: readonly string[]
}

const scheme = /^(?:env|file|vault|literal):/
const escape = 'a text that only looks like a reference is written with literal: in front'

/** Replaces every reference of a source by what it stands for. References inside a referenced file are data and stay as they are. */
export async function resolveReferences(
  source: Source,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Resolved> {
  const found: Array<{ path: DocumentPath; written: string }> = []
  collect(source.value, [], found)
  if (found.length === 0) return { value: source.value, references: new Map(), broken: [], files: [] }

  const references = new Map<string, Reference>()
  const texts = new Map<string, string>()
  const broken: BrokenReference[] = []
  const files = new Map<string, ReturnType<typeof readReferenced>>()
  const answers = await Promise.all(
    found.map(({ path: at, written }) => resolve(written, source, env, files, at.includes('crls'))),
  )
  for (const [i, { path: at }] of found.entries()) {
    const answer = answers[i] as Answer
    if (typeof answer === 'string') texts.set(toPointer(at), answer)
    else if ('reason' in answer) broken.push({ path: at, ...answer })
    else {
      references.set(toPointer(at), answer)
      texts.set(toPointer(at), answer.text)
    }
  }
  const value = replaced(source.value, '', texts) as Record<string, unknown>
  return { value, references, broken, files: [...files.keys()] }
}

function collect(
  value: unknown,
  path: (string | number)[],
  found: Array<{ path: DocumentPath; written: string }>,
): void {
  if (typeof value === 'string') {
    if (value.includes(':') && scheme.test(value)) found.push({ path: [...path], written: value })
    return
  }
  if (value === null || typeof value !== 'object') return
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value)
  for (const key of keys) {
    path.push(key)
    collect((value as Record<string | number, unknown>)[key], path, found)
    path.pop()
  }
}

type Answer = string | Reference | { reason: string; hint: string }

async function resolve(
  written: string,
  source: Source,
  env: Readonly<Record<string, string | undefined>>,
  files: Map<string, ReturnType<typeof readReferenced>>,
  binary: boolean,
): Promise<Answer> {
  if (written.startsWith('literal:')) return written.slice('literal:'.length)
  if (written.startsWith('vault:'))
    return { reason: 'vault: references are not offered by this version', hint: `use env:NAME or file:PATH; ${escape}` }
  if (written.startsWith('env:')) return fromEnvironment(written, env)

  const target = written.slice('file:'.length)
  if (target === '' || target.includes('\0'))
    return { reason: 'file: needs a path', hint: `write file:PATH, relative to this file; ${escape}` }
  const shownFile = path.isAbsolute(target) ? target : path.join(path.dirname(source.file), target)
  const absolute = path.resolve(shownFile)
  const reading = files.get(absolute) ?? readReferenced(absolute)
  files.set(absolute, reading)
  const read = await reading
  if ('reason' in read) {
    return { reason: `cannot read ${shownFile}: ${read.reason}`, hint: `the path is relative to this file; ${escape}` }
  }
  const text = read.text ?? (binary ? Buffer.from(read.bytes).toString('base64') : null)
  if (text === null)
    return { reason: `${shownFile} is not UTF-8 text`, hint: 'only a CRL may be binary (DER); convert others to PEM' }
  return { kind: 'file', shown: written, text, file: shownFile, worldReadable: read.worldReadable }
}

function fromEnvironment(written: string, env: Readonly<Record<string, string | undefined>>): Answer {
  const [, name, fallback] = /^env:([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/.exec(written) ?? []
  if (name === undefined)
    return {
      reason: 'not a reference to an environment variable',
      hint: `write env:NAME or env:NAME:-default; ${escape}`,
    }
  const held = Object.hasOwn(env, name) ? env[name] : undefined
  // As in the shell, `:-` also covers a variable that is set to nothing.
  const text = fallback !== undefined && (held === undefined || held === '') ? fallback : held
  if (text === undefined)
    return {
      reason: `the environment variable ${name} is not set`,
      hint: `set ${name}, or give a default: env:${name}:-value`,
    }
  return {
    kind: 'env',
    shown: fallback === undefined ? written : `env:${name}:-…`,
    text,
    file: null,
    worldReadable: false,
  }
}

async function readReferenced(
  file: string,
): Promise<{ bytes: Uint8Array; text: string | null; worldReadable: boolean } | { reason: string }> {
  const bytes = await readBytes(file)
  if (!(bytes instanceof Uint8Array)) return bytes
  const mode = await stat(file).then(
    facts => facts.mode,
    () => 0,
  )
  let text: string | null = null
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // Binary: only a CRL may be, and only its caller knows.
  }
  return { bytes, text, worldReadable: (mode & 0o004) !== 0 }
}

function replaced(value: unknown, pointer: string, texts: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return texts.get(pointer) ?? value
  if (Array.isArray(value)) return value.map((inner, i) => replaced(inner, `${pointer}/${i}`, texts))
  if (value === null || typeof value !== 'object') return value
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) copy[key] = replaced(inner, `${pointer}${toPointer([key])}`, texts)
  return copy
}
