import { sketchHash } from '../../lib/hyper-log-log.ts'
import type { TextCounts } from './features.ts'
import { TemplateSet } from './template-set.ts'
import { type UrlLine, parseUrlLine } from './url-line.ts'

/** Wider than live: a list is read once, is in memory as a whole, and may hold the calls of hundreds of services under one host. */
const listLimits = { nodesMax: 600_000, wordsMax: 1_000 }

export interface ListedTemplate {
  /** The line, unchanged. */
  readonly path: string
  readonly template: string
  /** 0–1; 0 for a line that is neither URL nor path and so is its own template. */
  readonly confidence: number
}

/**
 * The template of each line of a list of URLs, in order. All lines are learnt before the first is answered, in an order of their own, so that the
 * order of the list changes nothing. Two lines have equal templates when they call the same operation.
 */
export function* templatesOfLines(lines: readonly string[]): Generator<ListedTemplate> {
  const counts = new Map<string, number>()
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)
  const parsed = new Map<string, UrlLine>()
  for (const line of counts.keys()) {
    const url = parseUrlLine(line)
    if (url !== null) parsed.set(line, url)
  }
  const sets = new Map<string, TemplateSet>()
  // A trie that is full drops what comes last: values called once rather than names called often, and nobody's place in the list decides.
  const byCalls = (a: string, b: string) => (counts.get(b) as number) - (counts.get(a) as number) || byHash(a, b)
  for (const line of [...parsed.keys()].toSorted(byCalls)) {
    const { origin, path } = parsed.get(line) as UrlLine
    let set = sets.get(origin)
    if (set === undefined) {
      set = new TemplateSet(listLimits)
      sets.set(origin, set)
    }
    for (let n = counts.get(line) as number; n > 0; n--) set.learn(path)
  }
  hearEachOther([...sets.values()])
  const answers = new Map<string, ListedTemplate>()
  for (const line of lines) {
    let answer = answers.get(line)
    if (answer === undefined) {
      answer = answerOf(line, parsed.get(line), sets)
      answers.set(line, answer)
    }
    yield answer
  }
}

/** An API behind several hosts, or by several schemes, shows a value here that could not be told from a name there. */
function hearEachOther(sets: readonly TemplateSet[]): void {
  if (sets.length < 2) return
  const all = sets.map(set => set.texts())
  const values = summed(all.map(one => one.values))
  const literals = summed(all.map(one => one.literals))
  for (const [i, set] of sets.entries()) {
    const own = all[i] as (typeof all)[number]
    set.hear({ values: without(values, own.values), literals: without(literals, own.literals) })
  }
}

function summed(counts: ReadonlyArray<ReadonlyMap<string, number>>): Map<string, number> {
  const sums = new Map<string, number>()
  for (const one of counts) for (const [text, count] of one) sums.set(text, (sums.get(text) ?? 0) + count)
  return sums
}

function without(all: ReadonlyMap<string, number>, own: ReadonlyMap<string, number>): TextCounts {
  return { get: text => (all.get(text) ?? 0) - (own.get(text) ?? 0) }
}

function answerOf(line: string, url: UrlLine | undefined, sets: ReadonlyMap<string, TemplateSet>): ListedTemplate {
  const found = url === undefined ? undefined : sets.get(url.origin)?.templateOf(url.path)
  if (url === undefined || found === undefined) return { path: line, template: line, confidence: 0 }
  const template = url.relative ? found.template.slice(1) : found.template
  return { path: line, template: url.prefix + template, confidence: found.confidence }
}

function byHash(a: string, b: string): number {
  return sketchHash(a) - sketchHash(b) || (a < b ? -1 : 1)
}
