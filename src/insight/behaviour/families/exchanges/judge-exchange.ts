// Hot path: once per judged exchange.
import { sketchHash } from '../../../../lib/hyper-log-log.ts'
import { createTokenReader, tokenWords } from '../../../../lib/text-tokens.ts'
import { FieldProfile, fieldJudgement, markNames } from '../../../profiles/field-profile.ts'
import type { NamedText } from '../../../profiles/named-values.ts'
import type { OperationProfile, ProfilePlace } from '../../../profiles/operation-profile.ts'
import { novelty, rareness, settled } from '../../../profiles/rarity.ts'
import type { Judgement } from '../../model.ts'
import type { AxisName } from './axes.ts'
import { type Deviation, noted, notedDistance, noteNames, type Notes } from './notes.ts'
import type { ExchangeItem } from './exchange-item.ts'
import { judgeAnswer } from './judge-answer.ts'
import { type JudgedHeader, type Learnt, mediaType, type Pool } from './learnt.ts'
import { type ExchangeParts, partsOfExchange } from './exchange-parts.ts'
import type { Found } from '../../../profiles/operations.ts'
import { judgePace } from '../../../profiles/pace-profile.ts'

const judgedMax = 2048
const none = new FieldProfile()
const judged = fieldJudgement()
const tokensOf = createTokenReader()

/** Compares an exchange with what was learnt. Reads only; linear in the exchange. */
export function judgeExchange(learnt: Learnt, item: ExchangeItem, notes: Notes): Omit<Judgement, 'explain'> {
  const parts = partsOfExchange(item)
  const found = learnt.operations.find(item.path)
  const profile = found.profile?.methods.get(learnt.operations.methodOf(item.method)) ?? null
  const deviation: Deviation = {}
  judgePath(learnt, item, parts, { found, profile, deviation, notes })
  if (found.profile !== null) judgeMethod(learnt, item, { found, profile, deviation, notes })
  judgeRequest(learnt, parts, { found, profile, deviation, notes })
  // What was never learnt is no baseline: then it is as unknown as what is left out.
  if (parts.headers !== null && learnt.headers.count > 0) judgeHeaders(learnt, parts, deviation, notes)
  if (profile !== null) judgeAnswer(profile, item, parts.response, deviation, notes)
  if (profile !== null && profile.callers.count > 0 && item.principal !== null) {
    const hash = sketchHash(item.principal)
    const calls = learnt.principals.times(hash)
    deviation.caller = profile.callerSurprise(hash, calls)
    if (notes !== null && deviation.caller >= noted)
      notes.push({
        axis: 'caller',
        text:
          calls > 0
            ? `the principal never called ${nameOf(item, found)} in ${calls} calls`
            : `a principal that was never seen, where only ${profile.callers.distinct} others call`,
      })
  }
  if (item.before !== null && item.principal !== null)
    judgePace(learnt.pace, { principal: item.principal, pace: item.before }, deviation, notes)
  const strange = settled(deviation)
  const comparable = found.profile !== null || found.known > 0
  const likeness = found.profile === null ? found.known / (found.known + 2) : profile === null ? 0.7 : 1
  return {
    signature: comparable ? nameOf(item, found) : null,
    similarity: comparable ? likeness / (1 + strange / 40) : 0,
    deviation: deviation as Readonly<Record<string, number>>,
  }
}

interface Context {
  readonly found: Found
  readonly profile: OperationProfile | null
  readonly deviation: Deviation
  readonly notes: Notes
}

function nameOf(item: ExchangeItem, { profile, template, beginning }: Found): string {
  const method = /^[A-Z]{1,16}$/.test(item.method) ? item.method : 'other'
  return `${method} ${profile === null ? `${beginning}/*` : template}`
}

function judgePath(learnt: Learnt, item: ExchangeItem, parts: ExchangeParts, context: Context): void {
  const { found, profile, deviation, notes } = context
  let strange = 0
  let range = 0
  for (const [i, segment] of parts.segments.entries()) {
    // A word that is part of a known template is what it should be.
    if (found.profile !== null && !found.variables.has(i)) continue
    const own = profile?.field('path', String(i))
    const { text, kind, escape } = judgeValue(learnt, segment, 'path', own)
    const bits = text.bits + escape + (own === undefined ? 0 : kind)
    if (own !== undefined) range = Math.max(range, judged.range)
    if (notes !== null && own !== undefined && judged.range >= notedDistance)
      notes.push({ axis: 'range', text: `segment ${i + 1} of the path has ${sizeOf(segment)}, usual is ${own.usual}` })
    if (bits > strange) strange = bits
    if (notes !== null && bits >= noted) noteValue(notes, 'path', `segment ${i + 1} of the path`, segment)
  }
  if (found.profile === null) {
    const { count, once } = learnt.operations.templates
    const unknown = novelty(once, learnt.operations.count)
    strange += unknown
    notes?.push({
      axis: 'path',
      text:
        found.known > 0
          ? `nothing was seen at this path; ${count} others are known, the nearest begins with ${found.beginning}`
          : `nothing was seen at this path, nor below its first segment; ${count} others are known`,
    })
  }
  if (item.host !== null) {
    const host = learnt.hosts.surprise(sketchHash(item.host))
    strange += host
    if (host >= noted)
      notes?.push({ axis: 'path', text: `the host was never seen, ${learnt.hosts.distinct} others were` })
  }
  deviation.path = strange
  deviation.range = range
}

function judgeMethod(learnt: Learnt, item: ExchangeItem, { found, profile, deviation, notes }: Context): void {
  const path = found.profile
  if (path === null) return
  const seen = profile?.count ?? 0
  deviation.method = Math.max(0, rareness(seen, path.count, 0.002) - 2)
  if (notes !== null && deviation.method >= noted)
    notes.push({
      axis: 'method',
      text: `${learnt.operations.methodOf(item.method)} came in ${seen} of ${path.count} calls of ${path.template}`,
    })
}

function judgeRequest(learnt: Learnt, parts: ExchangeParts, context: Context): void {
  const { profile, deviation, notes } = context
  let text = 0
  let values = 0
  let range = deviation.range ?? 0
  const known = profile?.words.has('body') === true || learnt.pooled.body.count > 0
  const body = known ? parts.body : null
  const places: ReadonlyArray<readonly [ProfilePlace & Pool, readonly NamedText[]]> = [
    ['query', parts.query.values],
    ['body', body?.values ?? []],
  ]
  for (const [place, list] of places) {
    for (const value of list) {
      const own = profile?.field(place, value.name)
      const { text: stretch, kind, member, escape, range: distance } = judgeValue(learnt, value, place, own)
      const form = stretch.bits + escape
      const odd = Math.max(own === undefined ? 0 : kind, member)
      if (form > text) text = form
      if (odd > values) values = odd
      // A range is nothing that other fields can tell.
      if (own !== undefined && distance > range) range = distance
      if (notes !== null) {
        const words = `\`${value.name}\` (${place})`
        if (form >= noted) noteValue(notes, 'text', words, value)
        if (odd >= noted) noteOdd(notes, 'values', words, value, own)
        if (own !== undefined && distance >= notedDistance)
          notes.push({ axis: 'range', text: `${words} has ${sizeOf(value)}, usual is ${own.usual}` })
      }
      // Only a name that is new here can be an attack by itself.
      if (value.written !== '' && profile !== null && own === undefined) {
        const name = judgeValue(learnt, { ...value, text: value.written, kind: 'string' }, 'name', undefined)
        if (name.text.bits > text) text = name.text.bits
        if (notes !== null && name.text.bits >= noted)
          noteValue(notes, 'text', `the name of a parameter (${place})`, { ...value, text: value.written })
      }
    }
  }
  deviation.text = text
  deviation.range = range
  if (profile === null) return
  const query = profile.names.query.judge(parts.query.names, parts.query.whole)
  let names = query.bits
  let order = query.order
  noteNames(notes, 'names', query, 'query', profile.count)
  if (body !== null) {
    const kind = profile.wordSurprise('body', body.kind)
    values = Math.max(values, kind)
    if (kind >= noted)
      notes?.push({ axis: 'values', text: `the body is ${body.kind}, usual is ${profile.usualWord('body')}` })
    if (body.kind !== 'none') {
      const members = profile.names.body.judge(body.names, body.whole)
      names += members.bits
      // Members of JSON objects have no order (RFC 8259 §4).
      order = Math.max(order, body.kind === 'json' ? members.order / 2 : members.order)
      noteNames(notes, 'names', members, 'body', profile.names.body.count)
    }
  }
  if (parts.contentType !== null) {
    const type = profile.contentTypes.surprise(sketchHash(mediaType(parts.contentType)))
    values = Math.max(values, type)
    if (type >= noted)
      notes?.push({ axis: 'values', text: `a media type that never came in ${profile.contentTypes.count} calls` })
  }
  deviation.values = values
  deviation.names = names
  deviation.order = order
  if (order >= noted) notes?.push({ axis: 'order', text: 'parameters come in an order never seen here' })
}

/** Header fields repeat from call to call: what was judged since the last thing learnt is remembered. `again`: notes are wanted, so it is judged anew. */
function judgeHeader(
  learnt: Learnt,
  value: NamedText,
  { place, own, again }: { place: 'header' | 'cookie'; own: FieldProfile | undefined; again: boolean },
): JudgedHeader {
  const key = `${place} ${value.name}\n${value.marks}${value.text}`
  const known = again || value.text.length > 512 ? undefined : learnt.judgedHeaders.get(key)
  if (known !== undefined) return known
  const { text, kind, member, escape, range } = judgeValue(learnt, value, place, own)
  const made = {
    form: text.bits + escape,
    odd: Math.max(own === undefined ? 0 : kind, member),
    distance: range,
  }
  if (learnt.judgedHeaders.size >= judgedMax) learnt.judgedHeaders.clear()
  if (value.text.length <= 512) learnt.judgedHeaders.set(key, made)
  return made
}

function judgeHeaders(learnt: Learnt, parts: ExchangeParts, deviation: Deviation, notes: Notes): void {
  let text = 0
  let values = 0
  let range = 0
  for (const place of ['header', 'cookie'] as const) {
    for (const value of (place === 'header' ? parts.headers : parts.cookies)?.values ?? []) {
      const own = learnt.headerFields.get(`${place} ${value.name}`)
      const { form, odd, distance } = judgeHeader(learnt, value, { place, own, again: notes !== null })
      if (form > text) text = form
      if (odd > values) values = odd
      if (own !== undefined && distance > range) range = distance
      if (notes === null) continue
      const words = `${place === 'header' ? 'header field' : 'cookie'} \`${value.name}\``
      if (form >= noted) noteValue(notes, 'header-text', words, value)
      if (odd >= noted) noteOdd(notes, 'header-values', words, value, own)
      if (own !== undefined && distance >= notedDistance)
        notes.push({ axis: 'header-range', text: `${words} has ${sizeOf(value)}, usual is ${own.usual}` })
    }
  }
  deviation['header-text'] = text
  deviation['header-values'] = values
  deviation['header-range'] = range
  const headers = learnt.headers.judge(parts.headers?.names ?? [], true)
  const cookies = learnt.cookies.judge(parts.cookies.names, true)
  deviation.headers = headers.bits + cookies.bits
  noteNames(notes, 'headers', headers, 'header fields', learnt.headers.count)
  noteNames(notes, 'headers', cookies, 'cookies', learnt.cookies.count)
}

function judgeValue(learnt: Learnt, value: NamedText, pool: Pool, own: FieldProfile | undefined): typeof judged {
  const tokens = tokensOf(value.text)
  const { text, kind, marks, loose } = value
  ;(own ?? none).judge({ text, kind, marks, tokens, loose }, learnt.pooled[pool], learnt.pooled.all, judged)
  return judged
}

/** The stretch that is strange, by its form: signs as they are, words and numbers as `a` and `0`, so that no value is told. */
function noteValue(notes: { axis: string; text: string }[], axis: AxisName, words: string, value: NamedText): void {
  const { text: stretch, escape, marks } = judged
  const tokens = tokensOf(value.text)
  let form = ''
  for (let i = Math.max(0, stretch.from - 1); i < Math.min(stretch.to, tokens.length) && form.length < 60; i++)
    form += tokenWords(tokens.ids[i] as number)
  const said: string[] = []
  if (stretch.bits >= noted / 2 || escape === 0)
    said.push(form === '' ? 'it ends where it never did' : `the form “${form}”`)
  if (escape > 0) said.push(...markNames.filter((_, i) => (marks & (1 << i)) !== 0))
  const bits = Math.round(stretch.bits + escape)
  notes.push({ axis, text: `${words}: ${said.join(', ')}: ${bits} bits rarer than what comes there` })
}

function noteOdd(
  notes: { axis: string; text: string }[],
  axis: AxisName,
  words: string,
  value: NamedText,
  own: FieldProfile | undefined,
): void {
  const what = judged.member >= noted ? 'is none of the values that came before' : `is ${value.kind}`
  notes.push({ axis, text: own === undefined ? `${words} ${what}` : `${words} ${what}; usual is ${own.usual}` })
}

function sizeOf({ text, kind }: NamedText): string {
  return kind === 'integer' || kind === 'number' ? `a number of ${text.length} characters` : `${text.length} characters`
}
