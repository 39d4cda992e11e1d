// Hot path: query, body and cookies of every judged request.
import { unescaped } from '../../lib/escaped-text.ts'
import { safeName } from '../observe/safe-name.ts'
import type { ValueKind } from './field-profile.ts'

/** One value with its name, before it is cut into tokens. */
export interface NamedText {
  /** Safe to be written down (observe/safe-name). */
  readonly name: string
  /** As sent, when it is not the name above. */
  readonly written: string
  readonly text: string
  readonly kind: ValueKind
  readonly marks: number
  /** Its kind is only how its text looks. */
  readonly loose: boolean
}

/** What was found in one place of a request. */
export interface NamedValues {
  readonly values: readonly NamedText[]
  /** Names in the order in which they came, each run of equal ones once. */
  readonly names: readonly string[]
  /** All of them are here. */
  readonly whole: boolean
}

export const noValues: NamedValues = { values: [], names: [], whole: true }

/** Beyond these nothing is looked at; a place that is cut off is not whole. */
const valuesMax = 1000
const depthMax = 24
const nameLengthMax = 200

/** `a=1&b=2`, as queries and forms have it. Never throws. */
export function pairsOf(text: string, separator: '&' | ';'): NamedValues {
  if (text === '') return noValues
  const values: NamedText[] = []
  let whole = true
  for (let from = 0; from <= text.length; ) {
    let to = text.indexOf(separator, from)
    if (to < 0) to = text.length
    if (to > from) {
      if (values.length >= valuesMax) {
        whole = false
        break
      }
      const equals = text.indexOf('=', from)
      const split = equals < 0 || equals > to ? to : equals
      const plus = separator === '&'
      const rawName = text.slice(from, split)
      const name = unescaped(plus ? rawName : rawName.trim(), plus)
      const value = unescaped(text.slice(Math.min(split + 1, to), to), plus)
      const marks = value.marks | name.marks
      values.push({ ...named(name.text), text: value.text, kind: kindOfText(value.text), marks, loose: true })
    }
    from = to + 1
  }
  return { values, names: runsOf(values), whole }
}

/** Members of a parsed JSON value by their path (`items[].price`); containers have no text. Never throws, whatever the value. */
export function membersOf(value: unknown): NamedValues {
  const values: NamedText[] = []
  let whole = true
  function visit(one: unknown, name: string, written: string, depth: number): void {
    if (values.length >= valuesMax || depth > depthMax) {
      whole = false
      return
    }
    if (typeof one !== 'object' || one === null) {
      const kind =
        typeof one === 'string'
          ? one === ''
            ? 'empty'
            : 'string'
          : typeof one === 'number'
            ? Number.isInteger(one)
              ? 'integer'
              : 'number'
            : typeof one === 'boolean'
              ? 'boolean'
              : 'null'
      values.push({
        name,
        written,
        text: one === null ? '' : String(one as string | number),
        kind,
        marks: 0,
        loose: false,
      })
      return
    }
    if (Array.isArray(one)) {
      values.push({ name, written: name, text: '', kind: 'list', marks: 0, loose: false })
      for (const item of one as unknown[]) {
        if (!whole) return
        visit(item, `${name}[]`, '', depth + 1)
      }
      return
    }
    values.push({ name, written: name, text: '', kind: 'object', marks: 0, loose: false })
    for (const key of Object.keys(one)) {
      if (!whole) return
      const member = named(key)
      const path = name === '' ? member.name : `${name}.${member.name}`
      visit((one as Record<string, unknown>)[key], path.slice(-nameLengthMax), key, depth + 1)
    }
  }
  visit(value, '', '', 0)
  return { values, names: [...new Set(values.map(({ name }) => name))], whole }
}

/** Elements and attributes of a document, by name alone, and its declarations. Takes anything; linear. */
export function elementsOf(text: string): NamedValues {
  const values: NamedText[] = []
  let whole = true
  let at = text.indexOf('<')
  while (at >= 0) {
    if (values.length >= valuesMax) {
      whole = false
      break
    }
    const close = text.indexOf('>', at)
    const end = close < 0 ? text.length : close
    const tag = text.slice(at + 1, end)
    const next = text.indexOf('<', end)
    if (tag.startsWith('!') || tag.startsWith('?')) {
      values.push({ name: '{declaration}', written: '', text: tag, kind: 'string', marks: 0, loose: true })
    } else if (!tag.startsWith('/')) {
      const name = named(/^[\w:.-]+/.exec(tag)?.[0] ?? '')
      const content = text.slice(Math.min(end + 1, text.length), next < 0 ? text.length : next).trim()
      values.push({ ...name, text: content, kind: kindOfText(content), marks: 0, loose: true })
      const attribute = /([\w:.-]+)\s{0,8}=\s{0,8}(?:"([^"]*)"|'([^']*)')/g
      for (let found = attribute.exec(tag); found !== null; found = attribute.exec(tag)) {
        if (values.length >= valuesMax) break
        const own = found[2] ?? found[3] ?? ''
        const attributeName = named(found[1] ?? '')
        const path = `${name.name}@${attributeName.name}`
        values.push({
          name: path,
          written: attributeName.written,
          text: own,
          kind: kindOfText(own),
          marks: 0,
          loose: true,
        })
      }
    }
    at = next
  }
  return { values, names: [...new Set(values.map(({ name }) => name))], whole }
}

/** Fields of `multipart/form-data` by name, values as they stand; a file is its name. Linear. */
export function partsOf(text: string): NamedValues {
  const line = /^--[^\r\n]{1,80}/.exec(text)?.[0]
  if (line === undefined) return wholeText(text)
  const values: NamedText[] = []
  for (const part of text.split(line, valuesMax).slice(1)) {
    const split = part.indexOf('\r\n\r\n') >= 0 ? part.indexOf('\r\n\r\n') : part.indexOf('\n\n')
    if (split < 0) continue
    const head = part.slice(0, Math.min(split, 2048))
    const name = named(/;\s{0,4}name="?([^"\r\n;]{0,256})/i.exec(head)?.[1] ?? '')
    const file = /;\s{0,4}filename="?([^"\r\n]{0,1024})/i.exec(head)?.[1]
    if (file === undefined) {
      const value = part.slice(split).trim()
      values.push({ ...name, text: value, kind: kindOfText(value), marks: 0, loose: true })
    } else
      values.push({
        name: `${name.name}@filename`,
        written: name.written,
        text: file,
        kind: 'string',
        marks: 0,
        loose: true,
      })
  }
  return { values, names: runsOf(values), whole: values.length < valuesMax - 1 }
}

/** A body without names. */
export function wholeText(text: string): NamedValues {
  return {
    values: [{ name: '(body)', written: '', text, kind: kindOfText(text), marks: 0, loose: true }],
    names: ['(body)'],
    whole: true,
  }
}

const integer = /^-?\d{1,32}$/
const decimal = /^-?\d{1,32}\.\d{1,32}$/

export function kindOfText(text: string): ValueKind {
  if (text === '') return 'empty'
  const first = text.charCodeAt(0)
  if ((first >= 48 && first <= 57) || first === 45) {
    if (integer.test(text)) return 'integer'
    return decimal.test(text) ? 'number' : 'string'
  }
  return text === 'true' || text === 'false' ? 'boolean' : 'string'
}

const cache = new Map<string, { readonly name: string; readonly written: string }>()

/** A name that may be written down, and as it was sent; names repeat, so those met lately are remembered. */
export function named(written: string): { readonly name: string; readonly written: string } {
  const known = cache.get(written)
  if (known !== undefined) return known
  const made = { name: safeName(written), written }
  if (written.length <= 64) {
    // Names repeat; a stranger who invents them must not fill the memory.
    if (cache.size >= 4096) cache.clear()
    cache.set(written, made)
  }
  return made
}

function runsOf(values: readonly NamedText[]): string[] {
  const names: string[] = []
  for (const { name } of values) if (names.at(-1) !== name) names.push(name)
  return names
}
