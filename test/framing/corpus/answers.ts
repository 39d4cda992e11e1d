/**
 * What has to become of an answer of a service. `refused`: the client gets 502, 504 or nothing of it. `broken`: it had begun, and the client's
 * connection is broken off before its end. `clean`: the client gets exactly this body.
 */
export type AnswerExpectation = 'refused' | 'broken' | { readonly status: number; readonly body: string }

/** One answer: its bytes (latin-1), whether the service closes behind them, what has to become of it, and whether its connection may be used again. */
export interface AnswerSample {
  readonly name: string
  readonly clause: string
  readonly bytes: string
  readonly expect: AnswerExpectation
  /** More than the answer, right behind its last byte. */
  readonly surplus?: string
  /** The service closes after the bytes. */
  readonly closes?: true
  /** Nothing follows, and what came is neither an answer nor a fault: only time ends it. */
  readonly endless?: true
  readonly method?: 'GET' | 'HEAD'
  /** The connection may carry the next request. */
  readonly kept?: true
}

const ok = 'HTTP/1.1 200 OK\r\n'
const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
const answer = (...lines: string[]): string => `${ok}${lines.map(line => `${line}\r\n`).join('')}\r\n`
const chunked = (body: string): string => answer('Transfer-Encoding: chunked') + body
const sized = 'Content-Length: 5'
const coded = 'Transfer-Encoding: chunked'
const hello = { status: 200, body: 'hello' } as const

function sample(
  name: string,
  clause: string,
  bytes: string,
  expect: AnswerExpectation,
  more: Partial<AnswerSample> = {},
): AnswerSample {
  return { name, clause, bytes, expect, ...more }
}
const refused = (name: string, clause: string, bytes: string): AnswerSample => sample(name, clause, bytes, 'refused')
const broken = (name: string, clause: string, bytes: string): AnswerSample =>
  sample(name, clause, bytes, 'broken', { closes: true })
const surplus = (
  name: string,
  clause: string,
  whole: string,
  more: string,
  expect: AnswerExpectation,
  method: 'GET' | 'HEAD' = 'GET',
): AnswerSample => sample(name, clause, whole, expect, { surplus: more, method })

/** Answers that two readers could frame differently, and the honest ones beside them. */
export const answers: readonly AnswerSample[] = [
  sample('ordinary answer', 'RFC 9112 §4', answer(sized) + 'hello', hello, { kept: true }),
  sample('chunked answer', 'RFC 9112 §7.1', chunked('5\r\nhello\r\n0\r\n\r\n'), hello, { kept: true }),
  sample('answer without length', 'RFC 9112 §6.3', `${answer()}hello`, hello, { closes: true }),
  sample('answer of HTTP/1.0', 'RFC 9112 §6.3', 'HTTP/1.0 200 OK\r\n\r\nhello', hello, { closes: true }),
  sample('no reason phrase', 'RFC 9112 §4', 'HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello', hello, { kept: true }),
  sample('no space behind the status', 'RFC 9112 §4', 'HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello', hello, {
    kept: true,
  }),
  sample('204', 'RFC 9112 §6.3', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, body: '' }, { kept: true }),
  sample(
    '304 with the length of another answer',
    'RFC 9110 §8.6',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
    { status: 304, body: '' },
    { kept: true },
  ),
  sample(
    'HEAD with a length',
    'RFC 9110 §9.3.2',
    answer(sized),
    { status: 200, body: '' },
    { method: 'HEAD', kept: true },
  ),
  sample(
    'HEAD with a coding',
    'RFC 9110 §9.3.2',
    answer(coded),
    { status: 200, body: '' },
    { method: 'HEAD', kept: true },
  ),
  sample(
    'interim answers before',
    'RFC 9110 §15.2',
    `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${answer(sized)}hello`,
    hello,
    { kept: true },
  ),
  sample('100 that nobody asked for', 'RFC 9110 §15.2.1', `HTTP/1.1 100 Continue\r\n\r\n${answer(sized)}hello`, hello, {
    kept: true,
  }),
  sample('Connection: close', 'RFC 9112 §9.6', `${answer(sized, 'Connection: close')}hello`, hello),
  sample('chunk extensions', 'RFC 9112 §7.1.1', chunked('5;a=b\r\nhello\r\n0\r\n\r\n'), hello, { kept: true }),
  sample('trailers', 'RFC 9112 §7.1.2', chunked('5\r\nhello\r\n0\r\nX: y\r\n\r\n'), hello, { kept: true }),

  refused('length and coding', 'RFC 9112 §6.3', `${answer(sized, coded)}0\r\n\r\n`),
  refused('coding and length', 'RFC 9112 §6.3', `${answer(coded, sized)}0\r\n\r\n`),
  refused('two lengths', 'RFC 9112 §6.3', `${answer(sized, 'Content-Length: 6')}hello`),
  refused('two equal lengths', 'RFC 9112 §6.3', `${answer(sized, sized)}hello`),
  refused('list of lengths', 'RFC 9112 §6.3', `${answer('Content-Length: 5, 5')}hello`),
  refused('signed length', 'RFC 9110 §8.6', `${answer('Content-Length: +5')}hello`),
  refused('negative length', 'RFC 9110 §8.6', `${answer('Content-Length: -5')}hello`),
  refused('hexadecimal length', 'RFC 9110 §8.6', `${answer('Content-Length: 0x5')}hello`),
  refused('empty length', 'RFC 9110 §8.6', `${answer('Content-Length:')}hello`),
  refused('length of 64 bits and more', 'RFC 9110 §8.6', `${answer('Content-Length: 18446744073709551621')}hello`),
  refused('space before the colon of the length', 'RFC 9112 §5.1', `${answer('Content-Length : 5')}hello`),
  refused('length with an underscore', 'RFC 9112 §5.1', `${answer('Content_Length: 5')}hello`),
  refused('folded length', 'RFC 9112 §5.2', `${answer('Content-Length:', ' 5')}hello`),
  refused('two codings', 'RFC 9112 §6.1', `${answer(coded, coded)}0\r\n\r\n`),
  refused('unknown coding', 'RFC 9112 §6.1', answer('Transfer-Encoding: gzip')),
  refused('gzip, chunked', 'RFC 9112 §6.1', `${answer('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`),
  refused('chunked, gzip', 'RFC 9112 §6.1', answer('Transfer-Encoding: chunked, gzip')),
  refused('identity', 'RFC 9112 §6.1', answer('Transfer-Encoding: identity')),
  refused('xchunked', 'RFC 9112 §6.1', answer('Transfer-Encoding: xchunked')),
  refused('chunked behind a vertical tab', 'RFC 9110 §5.5', answer('Transfer-Encoding: \x0bchunked')),
  refused('coding in HTTP/1.0', 'RFC 9112 §6.1', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  refused('204 with a length', 'RFC 9110 §8.6', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello'),
  refused(
    '204 with a coding',
    'RFC 9112 §6.1',
    'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ),
  refused(
    'interim answer with a length',
    'RFC 9110 §8.6',
    `HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello${answer(sized)}hello`,
  ),
  refused(
    '101 without an upgrade',
    'RFC 9110 §15.2.2',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ),
  refused('a flood of interim answers', 'RFC 9110 §15.2', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(1000) + evil),
  refused('bare LF in the status line', 'RFC 9112 §2.2', 'HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello'),
  refused('bare LF everywhere', 'RFC 9112 §2.2', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello'),
  refused('bare LF in a field', 'RFC 9112 §2.2', `${answer('X: y\nContent-Length: 5')}hello`),
  refused('bare CR in a field', 'RFC 9112 §2.2', `${answer('X: y\rz', sized)}hello`),
  refused('CR LF CR', 'CVE-2025-23167', `${ok}${sized}\r\n\rX: y\r\n\r\nhello`),
  refused('NUL in a field', 'RFC 9110 §5.5', `${answer('X: \0', sized)}hello`),
  refused('empty name', 'RFC 9110 §5.1', `${answer(': y', sized)}hello`),
  refused('space in a name', 'RFC 9110 §5.1', `${answer('X Y: z', sized)}hello`),
  refused('folded field', 'RFC 9112 §5.2', `${answer('X: y', ' z', sized)}hello`),
  refused('no colon', 'RFC 9112 §5', `${answer('X', sized)}hello`),
  refused('an empty line before', 'RFC 9112 §2.2', `\r\n${answer(sized)}hello`),
  refused('HTTP/2', 'RFC 9112 §2.3', 'HTTP/2 200 OK\r\nContent-Length: 5\r\n\r\nhello'),
  refused('HTTP/1.2', 'RFC 9112 §2.3', 'HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello'),
  refused('lower-case version', 'RFC 9112 §2.3', 'http/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'),
  refused('status of two digits', 'RFC 9110 §15', 'HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello'),
  refused('status of four digits', 'RFC 9110 §15', 'HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello'),
  refused('status 099', 'RFC 9110 §15', 'HTTP/1.1 099 OK\r\nContent-Length: 5\r\n\r\nhello'),
  refused('status 600', 'RFC 9110 §15', 'HTTP/1.1 600 OK\r\nContent-Length: 5\r\n\r\nhello'),
  refused('signed status', 'RFC 9110 §15', 'HTTP/1.1 +20 OK\r\nContent-Length: 5\r\n\r\nhello'),
  refused('two spaces before the status', 'RFC 9112 §4', 'HTTP/1.1  200 OK\r\nContent-Length: 5\r\n\r\nhello'),
  refused('tab before the status', 'RFC 9112 §4', 'HTTP/1.1\t200 OK\r\nContent-Length: 5\r\n\r\nhello'),
  refused('control in the reason', 'RFC 9112 §4', 'HTTP/1.1 200 O\x07K\r\nContent-Length: 5\r\n\r\nhello'),
  sample('no HTTP', 'RFC 9112 §2.1', 'SSH-2.0-OpenSSH_9.2p1\r\n', 'refused', { endless: true }),
  refused('HTTP/0.9', 'RFC 9112 §2.1', '<html>hello</html>\r\n\r\n'),
  refused('a request', 'RFC 9112 §2.1', 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'),
  refused('a head without end', 'RFC 9112 §5', `${ok}X: ${'y'.repeat(70_000)}`),
  refused('a head too large', 'RFC 9112 §5', `${answer(`X: ${'y'.repeat(70_000)}`, sized)}hello`),
  refused('201 fields', 'RFC 9112 §5', `${answer(...Array.from({ length: 201 }, (_, i) => `X-${i}: y`), sized)}hello`),
  refused('Connection names Content-Length', 'RFC 9110 §7.6.1', `${answer(sized, 'Connection: Content-Length')}hello`),
  sample('nothing', 'RFC 9112 §8', '', 'refused', { closes: true }),
  sample('half a status line', 'RFC 9112 §8', 'HTTP/1.1 20', 'refused', { closes: true }),
  sample('half a head', 'RFC 9112 §8', `${ok}Content-Length: 5\r\n`, 'refused', { closes: true }),
  sample('an interim answer and no other', 'RFC 9110 §15.2', 'HTTP/1.1 100 Continue\r\n\r\n', 'refused', {
    closes: true,
  }),
  sample('silence', 'RFC 9110 §15.6.5', '', 'refused', { endless: true }),

  broken('body shorter than its length', 'RFC 9112 §8', `${answer('Content-Length: 10')}hello`),
  broken('no byte of the body', 'RFC 9112 §8', answer(sized)),
  broken('no last chunk', 'RFC 9112 §8', chunked('5\r\nhello\r\n')),
  broken('half a chunk', 'RFC 9112 §8', chunked('a\r\nhello')),
  broken('half the end', 'RFC 9112 §8', chunked('5\r\nhello\r\n0\r\n')),
  broken('signed chunk size', 'RFC 9112 §7.1', chunked('+5\r\nhello\r\n0\r\n\r\n')),
  broken('chunk size with 0x', 'RFC 9112 §7.1', chunked('0x5\r\nhello\r\n0\r\n\r\n')),
  broken('chunk size of all ones', 'RFC 9112 §7.1', chunked('ffffffffffffffff\r\nhello\r\n0\r\n\r\n')),
  broken('space behind the chunk size', 'RFC 9112 §7.1', chunked('5 \r\nhello\r\n0\r\n\r\n')),
  broken('chunk size ended by LF', 'RFC 9112 §7.1', chunked('5\nhello\r\n0\r\n\r\n')),
  broken('chunk data ended by LF', 'RFC 9112 §7.1', chunked('5\r\nhello\n0\r\n\r\n')),
  broken('more data than the chunk size', 'RFC 9112 §7.1', chunked('5\r\nhello!\r\n0\r\n\r\n')),
  broken('less data than the chunk size', 'RFC 9112 §7.1', chunked('6\r\nhello\r\n0\r\n\r\n')),
  broken('chunk extension with a bare LF', 'TERM.EXT', chunked('5;a\nb\r\nhello\r\n0\r\n\r\n')),
  broken('a flood of chunk extensions', 'CVE-2024-22019', chunked(`1;${'a'.repeat(400)}\r\nx\r\n`.repeat(100))),
  broken('a trailer with a bare LF', 'RFC 9112 §2.2', chunked('5\r\nhello\r\n0\r\nX: y\nZ: z\r\n\r\n')),
  broken('trailers too large', 'RFC 9112 §7.1.2', chunked(`5\r\nhello\r\n0\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`)),

  // More than was asked for: the first answer is whole and goes to its client; the rest is nobody's and ends the connection.
  surplus('a second answer', 'response queue poisoning', `${answer(sized)}hello`, evil, hello),
  surplus('a second answer behind chunks', 'response queue poisoning', chunked('5\r\nhello\r\n0\r\n\r\n'), evil, hello),
  surplus('a second answer behind length zero', 'response queue poisoning', answer('Content-Length: 0'), evil, {
    status: 200,
    body: '',
  }),
  surplus('a second answer behind 204', 'response queue poisoning', 'HTTP/1.1 204 No Content\r\n\r\n', evil, {
    status: 204,
    body: '',
  }),
  surplus('a second answer behind 304', 'response queue poisoning', 'HTTP/1.1 304 Not Modified\r\n\r\n', evil, {
    status: 304,
    body: '',
  }),
  surplus('a body to HEAD', 'response queue poisoning', answer(sized), 'hello', { status: 200, body: '' }, 'HEAD'),
  surplus('an answer behind HEAD', 'response queue poisoning', answer(sized), evil, { status: 200, body: '' }, 'HEAD'),
  surplus(
    'a body to 304',
    'response queue poisoning',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
    'hello',
    { status: 304, body: '' },
  ),
  surplus('a line end too many', 'RFC 9112 §9.2', `${answer(sized)}hello`, '\r\n', hello),
  surplus('more than the length', 'RFC 9112 §9.2', `${answer(sized)}hello`, ' world', hello),
]
