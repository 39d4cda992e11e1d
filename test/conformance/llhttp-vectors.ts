import { readFileSync, globSync } from 'node:fs'
import path from 'node:path'

/** One HTTP message as llhttp saw it. */
export interface SeenMessage {
  /** `METHOD target` or the status. */
  readonly start: string
  /** `name: value` lines, names in lower case, trailers included. */
  readonly fields: readonly string[]
  readonly body: string
  /** Did llhttp see its end? */
  readonly complete: boolean
}

export interface Vector {
  /** `request/connection.md: keep-alive > Setting flag`. */
  readonly name: string
  readonly kind: 'request' | 'response'
  /** '' for the strict default, else the ending of its type: `lenient-…`, `finish`. */
  readonly mode: string
  /** The message's body is absent, as in an answer to HEAD. */
  readonly skipBody: boolean
  readonly input: Buffer
  readonly messages: readonly SeenMessage[]
  /** llhttp's reason to refuse; null when it accepted everything. */
  readonly error: string | null
}

/** Reads the request and response vectors of a folder; url.md is about a parser that the gateway does not have. */
export function readVectors(folder: string): Vector[] {
  return globSync(['request/*.md', 'response/*.md'], { cwd: folder })
    .toSorted()
    .flatMap(file => readFile(file, readFileSync(path.join(folder, file), 'utf8')))
}

function readFile(file: string, text: string): Vector[] {
  const vectors: Vector[] = []
  const headings: string[] = []
  const pieces = text.matchAll(
    /^(#+) (.*)$|<!-- meta=(\{.*?\}) -->\s*```http\n([^]*?)```\s*(?:_[^\n]*_\s*)?```log\n([^]*?)```/gm,
  )
  const seen = new Map<string, number>()
  for (const [, marks, heading, meta, http = '', log = ''] of pieces) {
    if (marks !== undefined) {
      headings.length = marks.length - 1
      headings.push((heading ?? '').trim())
      continue
    }
    const { type, skipBody = false } = JSON.parse(meta as string) as { type: string; skipBody?: boolean }
    const [kind, ...mode] = type.split('-')
    if (kind !== 'request' && kind !== 'response') throw new Error(`${file}: type ${type}`)
    const base = `${file}: ${headings.slice(1).filter(Boolean).join(' > ') || headings[0]}`
    const count = (seen.get(base) ?? 0) + 1
    seen.set(base, count)
    vectors.push({
      name: count === 1 ? base : `${base} (${count})`,
      kind,
      mode: mode.join('-'),
      skipBody,
      input: bytesOf(http),
      ...readLog(log),
    })
  }
  return vectors
}

/** The order matters; it is the one that the data's README gives. */
function bytesOf(block: string): Buffer {
  const text = block
    .replace(/\n$/, '')
    .replaceAll(/\\\n/g, '')
    .replaceAll(/\r\n|\n/g, '\r\n')
    .replaceAll(/\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|([rntf]))/g, (_, hex?: string, octal?: string, letter?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
      return { r: '\r', n: '\n', t: '\t', f: '\f' }[letter as 'r']
    })
  return Buffer.from(text, 'latin1')
}

interface Draft {
  method: string
  url: string
  status: string
  name: string
  value: string
  fields: string[]
  body: string
  complete: boolean
}

function readLog(log: string): { messages: SeenMessage[]; error: string | null } {
  const drafts: Draft[] = []
  let error: string | null = null
  for (const line of log.split('\n')) {
    const draft = drafts.at(-1)
    const span = /span\[(\w+)\]=(?:"(.*)"|(cr|lf|tab|\w+))$/.exec(line)
    const event = /^off=\d+ (.*)$/.exec(line)?.[1] ?? ''
    const failure = /error code=\d+ reason="(.*)"/.exec(line)
    if (failure !== null) {
      // A pause after an upgrade is not a refusal.
      if (!/pause|on_message_complete|Pause on (CONNECT|PRI)/i.test(failure[1] as string)) error = failure[1] as string
    } else if (event === 'message begin') {
      drafts.push({ method: '', url: '', status: '', name: '', value: '', fields: [], body: '', complete: false })
    } else if (draft === undefined) continue
    else if (span !== null) {
      const piece = span[2]?.replaceAll('\\t', '\t') ?? control(span[3] as string)
      if (span[1] === 'method') draft.method += piece
      else if (span[1] === 'url') draft.url += piece
      else if (span[1] === 'header_field') draft.name += piece
      else if (span[1] === 'header_value') draft.value += piece
      else if (span[1] === 'body') draft.body += piece
    } else if (event === 'header_value complete') {
      draft.fields.push(`${draft.name.toLowerCase()}: ${draft.value.trim()}`)
      draft.name = ''
      draft.value = ''
    } else if (event.startsWith('headers complete')) draft.status = /status=(\d+)/.exec(event)?.[1] ?? ''
    else if (event === 'message complete') draft.complete = true
  }
  const messages = drafts.map(draft => ({
    start: draft.status === '' ? `${draft.method} ${draft.url}` : draft.status,
    fields: draft.fields,
    body: draft.body,
    complete: draft.complete,
  }))
  return { messages, error }
}

/** llhttp's log names control characters that stand alone in a span. */
function control(name: string): string {
  const known: Readonly<Record<string, string>> = { cr: '\r', lf: '\n', tab: '\t' }
  const character = known[name]
  if (character === undefined) throw new Error(`unknown control character ${name} in a log`)
  return character
}
