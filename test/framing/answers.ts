/** One answer that a client got. */
export interface Answer {
  readonly status: number
  readonly fields: ReadonlyMap<string, string>
  readonly body: string
}

/** Splits what a client received (latin-1) into final answers; interim ones are skipped. `head` says for which of them (counted from 0) no body follows. Throws on what is no answer. */
export function readAnswers(text: string, head: (index: number) => boolean = () => false): Answer[] {
  const answers: Answer[] = []
  let at = 0
  while (at < text.length) {
    const headEnd = text.indexOf('\r\n\r\n', at)
    if (headEnd < 0) throw new Error(`no end of the head: ${JSON.stringify(text.slice(at))}`)
    const [startLine = '', ...lines] = text.slice(at, headEnd).split('\r\n')
    const parts = /^HTTP\/1\.1 (\d{3}) [^\r\n]*$/.exec(startLine)
    if (parts === null) throw new Error(`no status line: ${JSON.stringify(startLine)}`)
    const status = Number(parts[1])
    const fields = new Map(
      lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    at = headEnd + 4
    if (status < 200) continue
    const bodiless = status === 204 || status === 304 || head(answers.length)
    const length = fields.get('content-length')
    const read = bodiless
      ? { body: '', end: at }
      : fields.get('transfer-encoding') === 'chunked'
        ? readChunks(text, at)
        : readSized(text, at, length)
    answers.push({ status, fields, body: read.body })
    at = read.end
  }
  return answers
}

function readSized(text: string, at: number, length: string | undefined): { body: string; end: number } {
  if (length === undefined) throw new Error(`an answer without length: ${JSON.stringify(text.slice(0, 500))}`)
  const end = at + Number(length)
  if (end > text.length) throw new Error(`an answer that is cut off: ${JSON.stringify(text.slice(at))}`)
  return { body: text.slice(at, end), end }
}

function readChunks(text: string, start: number): { body: string; end: number } {
  let body = ''
  let at = start
  for (;;) {
    const line = /^([0-9a-f]+)\r\n/.exec(text.slice(at, at + 20))
    if (line === null) throw new Error(`no chunk size: ${JSON.stringify(text.slice(at))}`)
    const size = Number.parseInt(line[1] as string, 16)
    at += line[0].length
    if (size === 0) break
    if (text.slice(at + size, at + size + 2) !== '\r\n') throw new Error('chunk data that is cut off')
    body += text.slice(at, at + size)
    at += size + 2
  }
  // Trailers, then the empty line.
  const end = text.startsWith('\r\n', at) ? at + 2 : text.indexOf('\r\n\r\n', at) + 4
  if (end < at + 2) throw new Error('no end of the trailers')
  return { body, end }
}
