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
  /** A variable of the environment held the text; false for a default, which stands in the configuration. */
  readonly fromEnvironment: boolean
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
  const texts: Array<{ path: DocumentPath; text: string }> = []
  const broken: BrokenReference[] = []
  const files = new Map<string, ReturnType<typeof readReferenced>>()
  // A thousand routes name the same few variables and files.
  const asked = new Map<string, Promise<Answer>>()
  const ask = (written: string, binary: boolean): Promise<Answer> => {
    const key = `${binary} ${written}`
    const known = asked.get(key) ?? resolve(written, source, env, files, binary)
    asked.set(key, known)
    return known
  }
  const waiting = found.map(({ path: at, written }) => ask(written, at.includes('crls')))
  const answers = new Map<Promise<Answer>, Answer>()
  for (const one of asked.values()) answers.set(one, await one)
  for (const [i, { path: at }] of found.entries()) {
    const answer = answers.get(waiting[i] as Promise<Answer>) as Answer
    if (typeof answer === 'string') texts.push({ path: at, text: answer })
    else if ('reason' in answer) broken.push({ path: at, ...answer })
    else {
      references.set(toPointer(at), answer)
      texts.push({ path: at, text: answer.text })
    }
  }
  const value = withTexts(source.value, texts)
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
  return {
    kind: 'file',
    shown: written,
    text,
    file: shownFile,
    worldReadable: read.worldReadable,
    fromEnvironment: false,
  }
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
    fromEnvironment: text === held,
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

/** A copy with the texts in their places. What holds none of them is shared with the original. */
function withTexts(
  original: Readonly<Record<string, unknown>>,
  texts: ReadonlyArray<{ readonly path: DocumentPath; readonly text: string }>,
): Record<string, unknown> {
  const copies = new Set<unknown>()
  const own = (value: unknown): Record<string | number, unknown> => {
    if (copies.has(value)) return value as Record<string | number, unknown>
    const copy = Array.isArray(value) ? [...value] : { ...(value as Record<string, unknown>) }
    copies.add(copy)
    return copy as Record<string | number, unknown>
  }
  const root = own(original)
  for (const { path: at, text } of texts) {
    let holder = root
    for (const step of at.slice(0, -1)) holder = holder[step] = own(holder[step])
    holder[at.at(-1) as string | number] = text
  }
  return root
}
