// Hot path: once per judged exchange whose answer is known.
import { marksOf } from '../../../observe/body-marks.ts'
import type { BodyParts } from '../../../profiles/message-parts.ts'
import type { OperationProfile } from '../../../profiles/operation-profile.ts'
import type { ExchangeItem } from './exchange-item.ts'
import { type Deviation, noted, notedDistance, noteNames, type Notes } from './notes.ts'

const charactersLeast = 4

/** Status, signs of leaks, and for answers that are no errors their members, types and size. */
export function judgeAnswer(
  profile: OperationProfile,
  { status, responseBody }: ExchangeItem,
  response: BodyParts | null,
  deviation: Deviation,
  notes: Notes,
): void {
  if (status !== null && profile.words.has('status')) {
    deviation.status = profile.wordSurprise('status', String(status))
    if (deviation.status >= noted)
      notes?.push({ axis: 'status', text: `status ${status} is rare here, usual is ${profile.usualWord('status')}` })
  }
  if (response === null || responseBody === null || !profile.words.has('mark')) return
  const { kind, names, values, whole } = response
  let bits = 0
  for (const mark of marksOf(responseBody, kind === 'json')) {
    const strange = profile.wordSurprise('mark', mark)
    bits += strange
    if (strange >= noted)
      notes?.push({ axis: 'response', text: `the answer shows signs of ${mark.replaceAll('-', ' ')}` })
  }
  deviation.response = bits
  const size = profile.figures.get('response')
  // Errors look otherwise, and how often they come the status says.
  if ((status ?? 200) >= 400 || size === undefined) return
  const form = profile.wordSurprise('response', kind)
  bits += form
  if (form >= noted)
    notes?.push({ axis: 'response', text: `the answer is ${kind}, usual is ${profile.usualWord('response')}` })
  if ((kind === 'json' || kind === 'xml') && profile.names.response.count > 0) {
    const drift = profile.names.response.judge(names, whole)
    noteNames(notes, 'response', drift, 'answer', profile.names.response.count)
    let odd = 0
    for (const value of values) odd = Math.max(odd, profile.wordSurprise(`response ${value.name}`, value.kind))
    bits += drift.bits + odd
    if (odd >= noted) notes?.push({ axis: 'response', text: 'a member of the answer is of another type than ever' })
  }
  deviation.response = bits
  const length = Math.log1p(responseBody.length)
  // Neither 5 % nor some characters are anything: an id gets a digit more.
  const distance = size.distance(length, null, 0.05 + charactersLeast / Math.exp(size.mean))
  // What leaks makes answers longer.
  deviation['response-size'] = length < size.mean ? distance / 2 : distance
  if (deviation['response-size'] >= notedDistance)
    notes?.push({
      axis: 'response-size',
      text: `the answer has ${responseBody.length} characters, usual are about ${Math.round(Math.expm1(size.mean))}`,
    })
}
