// Hot path: once per learnt or judged exchange.
import type { Json } from '../../../../lib/canonical-json.ts'
import { sketchHash } from '../../../../lib/hyper-log-log.ts'
import { createTokenReader } from '../../../../lib/text-tokens.ts'
import { marksOf } from '../../../observe/body-marks.ts'
import { FieldProfile } from '../../../profiles/field-profile.ts'
import type { NamedText } from '../../../profiles/named-values.ts'
import type { Judgement, Model } from '../../model.ts'
import type { ExchangeItem } from './exchange-item.ts'
import { partsOfExchange } from './exchange-parts.ts'
import { judgeExchange } from './judge-exchange.ts'
import { dumpLearnt, mediaType, nothingLearnt, type Pool, restoreLearnt, sharedFieldsMax } from './learnt.ts'

/** A model that has learnt nothing, or what `dump` says. Throws a RangeError on what is no dump. */
export function createExchangeModel(dump?: unknown): Model<ExchangeItem> {
  const learnt = dump === undefined ? nothingLearnt() : restoreLearnt(dump)
  const { operations, pooled, headerFields, headers, cookies, hosts, principals, pace } = learnt
  const tokensOf = createTokenReader()

  function learnValue(value: NamedText, pool: Pool, own: FieldProfile | undefined): void {
    const tokens = tokensOf(value.text)
    const { text, kind, marks, loose } = value
    const field = { text, kind, marks, tokens, loose }
    own?.learn(field)
    pooled[pool].learn(field)
    pooled.all.learn(field)
  }

  function shared(place: 'header' | 'cookie', name: string): FieldProfile | undefined {
    const key = `${place} ${name}`
    const known = headerFields.get(key)
    if (known !== undefined || headerFields.size >= sharedFieldsMax) return known
    const made = new FieldProfile()
    headerFields.set(key, made)
    return made
  }

  return {
    learn(item) {
      if (learnt.judgedHeaders.size > 0) learnt.judgedHeaders.clear()
      const parts = partsOfExchange(item)
      const profile = operations.learn(item.method, item.path, item.status)
      const room = operations.room
      if (item.host !== null) hosts.add(sketchHash(item.host))
      for (const [i, segment] of parts.segments.entries()) {
        const isWord = segment.kind === 'string' && /^[A-Za-z_-]{1,40}$/.test(segment.text)
        learnValue(segment, 'path', isWord ? undefined : profile?.fieldToLearn('path', String(i), room))
      }
      for (const value of parts.query.values)
        learnValue(value, 'query', profile?.fieldToLearn('query', value.name, room))
      for (const value of [...parts.query.values, ...(parts.body?.values ?? [])])
        if (value.written !== '') learnValue({ ...value, text: value.written, kind: 'string' }, 'name', undefined)
      if (parts.headers !== null) {
        headers.learn(parts.headers.names)
        cookies.learn(parts.cookies.names)
        for (const value of parts.headers.values) learnValue(value, 'header', shared('header', value.name))
        for (const value of parts.cookies.values) learnValue(value, 'cookie', shared('cookie', value.name))
      }
      if (parts.body !== null)
        for (const value of parts.body.values)
          learnValue(value, 'body', profile?.fieldToLearn('body', value.name, room))
      if (item.principal !== null) {
        principals.add(sketchHash(item.principal))
        if (item.before !== null) pace.learn(item.principal, item.timeMs ?? 0, item.before)
      }
      if (profile === null) return
      profile.count++
      profile.names.query.learn(parts.query.names)
      if (parts.contentType !== null) profile.contentTypes.add(sketchHash(mediaType(parts.contentType)))
      if (parts.body !== null) {
        profile.countWord('body', parts.body.kind)
        if (parts.body.kind !== 'none') profile.names.body.learn(parts.body.names)
      }
      if (item.principal !== null) profile.callers.add(sketchHash(item.principal))
      if (item.status !== null) profile.countWord('status', String(item.status))
      if (parts.response !== null && item.responseBody !== null) {
        const { kind, names, values } = parts.response
        for (const mark of marksOf(item.responseBody, kind === 'json')) profile.countWord('mark', mark)
        profile.countWord('mark', 'answer')
        // Errors look otherwise, and how often they come the status says.
        if ((item.status ?? 200) >= 400) return
        profile.countWord('response', kind)
        profile.figure('response').add(Math.log1p(item.responseBody.length))
        if (kind === 'json' || kind === 'xml') {
          profile.names.response.learn(names)
          for (const value of values) profile.countWord(`response ${value.name}`, value.kind)
        }
      }
    },

    judge(item): Judgement {
      const judged = judgeExchange(learnt, item, null)
      return {
        ...judged,
        explain() {
          const notes: { axis: string; text: string }[] = []
          judgeExchange(learnt, item, notes)
          return notes
        },
      }
    },

    dump() {
      return JSON.parse(JSON.stringify(dumpLearnt(learnt))) as Json
    },
  }
}
