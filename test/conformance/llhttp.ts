import { isDeepStrictEqual } from 'node:util'
import { canonicalTarget } from '../../src/lib/canonical-path.ts'
import { testData } from '../support/test-data.ts'
import { readRequests, readResponse } from './codec.ts'
import type { Reading } from './codec.ts'
import { exceptions } from './llhttp-exceptions.ts'
import { readVectors } from './llhttp-vectors.ts'
import type { SeenMessage, Vector } from './llhttp-vectors.ts'
import type { SuiteResult } from './suite.ts'

/**
 * The llhttp vectors in the strictest reading, through the connections that the gateway uses. Each case runs twice, as one read and
 * byte by byte, and both must agree. Every difference
 * is written down in llhttp-exceptions.ts: where we refuse more with the reason, where we accept more with the RFC that says it is legal.
 */
export async function run(): Promise<SuiteResult> {
  const folder = testData('llhttp-vectors')
  if (folder === null) return { suite: 'llhttp', run: 0, failed: 0, excepted: 0, failures: [] }
  const vectors = readVectors(folder)
  const failures: string[] = []
  let excepted = 0
  for (const vector of vectors) {
    const outcome = await judge(vector)
    const known = exceptions[vector.name]
    if (outcome === null) {
      if (known !== undefined)
        failures.push(`${vector.name}: agrees with llhttp by now; take it off the list of exceptions`)
      continue
    }
    if (known !== undefined && known.stricter === outcome.stricter) excepted++
    else failures.push(`${vector.name}${vector.mode === '' ? '' : ` [${vector.mode}]`}: ${outcome.reason}`)
  }
  for (const name of Object.keys(exceptions)) {
    if (!vectors.some(vector => vector.name === name))
      failures.push(`${name}: an exception for a case that is not there`)
  }
  return { suite: 'llhttp', run: vectors.length, failed: failures.length, excepted, failures }
}

interface Difference {
  /** We refuse what llhttp takes; the other way round is never excepted. */
  readonly stricter: boolean
  readonly reason: string
}

/** How our reading differs; null when it does not. */
async function judge(vector: Vector): Promise<Difference | null> {
  const asWritten = await readBothWays(vector, vector.input)
  if ('stricter' in asWritten) return asWritten
  if (vector.kind === 'response') return compare(vector, asWritten, vector.messages)
  // Most vectors have no Host, which HTTP/1.1 requires (RFC 9112 §3.2): such a case must be refused, and is then judged with one.
  const input = withHost(vector.input)
  if (input === null) return compare(vector, asWritten, vector.messages)
  if (
    asWritten.messages.some(message => message.complete && !message.fields.some(field => field.startsWith('host:')))
  ) {
    const old = /HTTP\/1\.0\r\n/.test(vector.input.toString('latin1'))
    if (!old) return { stricter: false, reason: 'a request without Host was accepted' }
  }
  const reading = await readBothWays(vector, input)
  return 'stricter' in reading ? reading : compare(vector, reading, vector.messages)
}

const added = 'vector'
const absolute = /^http:\/\/([^/?#]*)/

/** The input with `Host: vector` (or the authority of an absolute target) in every HTTP/1.1 head that has none; null when none lacks it. */
export function withHost(input: Buffer): Buffer | null {
  let changed = false
  const head = /^([!-~]+ \S[^\r\n]* HTTP\/1\.1\r\n)((?:[^\r\n]+\r\n)*)/gm
  const text = input.toString('latin1').replaceAll(head, (whole, line: string, fields: string) => {
    if (/^host[ \t]*:/im.test(fields)) return whole
    changed = true
    return `${line}Host: ${absolute.exec(line.split(' ')[1] ?? '')?.[1] ?? added}\r\n${fields}`
  })
  return changed ? Buffer.from(text, 'latin1') : null
}

async function readBothWays(vector: Vector, input: Buffer): Promise<Reading | Difference> {
  const read = vector.kind === 'request' ? readRequests : (pieces: Buffer[]) => readResponse(pieces, vector.skipBody)
  const whole = await read([input])
  const bytewise = await read(Array.from(input, byte => Buffer.of(byte)))
  if (!isDeepStrictEqual(whole.messages.filter(done), bytewise.messages.filter(done))) {
    return { stricter: false, reason: `one read gives ${show(whole)}, byte by byte gives ${show(bytewise)}` }
  }
  return whole
}

function compare(vector: Vector, ours: Reading, theirs: readonly SeenMessage[]): Difference | null {
  const mine = ours.messages.filter(done).map(message => withoutHost(message))
  // We ask one thing at a time of a service, so further answers are refused by closing: only up to the first final one counts.
  const final = vector.kind === 'response' ? theirs.findIndex(message => !message.start.startsWith('1')) : -1
  const expected = (final < 0 ? theirs : theirs.slice(0, final + 1)).map(message => withoutHost(originForm(message)))
  for (const [index, message] of mine.entries()) {
    const twin = expected[index]
    // A body that ends with the connection is complete for us at the end of the input; llhttp waits for its caller to say so.
    const permitted =
      twin?.complete === true || (vector.kind === 'response' && twin !== undefined && vector.error === null)
    if (!permitted) {
      // The codec's reading goes through one more door before anything is routed: an ambiguous target is refused there.
      const target = message.start.slice(message.start.indexOf(' ') + 1)
      if (vector.kind === 'request' && target.startsWith('/') && typeof canonicalTarget(target) === 'string')
        return null
      return { stricter: false, reason: `accepted ${JSON.stringify(message)}; llhttp: ${vector.error ?? 'incomplete'}` }
    }
    if (!isDeepStrictEqual({ ...message, complete: true }, { ...twin, complete: true })) {
      return { stricter: false, reason: `read ${JSON.stringify(message)}, llhttp ${JSON.stringify(twin)}` }
    }
  }
  const missed = expected.slice(mine.length).find(done)
  // What only an unsafe setting of llhttp lets through has to be refused; what it takes there and we too has been compared above.
  if (missed === undefined || vector.mode.startsWith('lenient')) return null
  return { stricter: true, reason: `${missed.start} refused (${ours.refused ?? 'incomplete'})` }
}

function done(message: SeenMessage): boolean {
  return message.complete
}

/** The field that was added, or that an absolute target repeats, is not part of the comparison. */
function withoutHost(message: SeenMessage): SeenMessage {
  return { ...message, fields: message.fields.filter(field => !field.startsWith('host: ')) }
}

/** The codec takes an absolute target apart (RFC 9112 §3.2.2); llhttp gives it as it is. */
function originForm(message: SeenMessage): SeenMessage {
  const [, method = '', rest = ''] = /^(\S+) http:\/\/[^/?#]*(.*)$/.exec(message.start) ?? []
  return method === '' ? message : { ...message, start: `${method} ${rest.startsWith('/') ? rest : `/${rest}`}` }
}

function show(reading: Reading): string {
  return `${reading.messages.filter(done).length} messages${reading.refused === null ? '' : ` and ${reading.refused}`}`
}
