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
    if (!bodiless && length === undefined)
      throw new Error(`an answer without length: ${JSON.stringify(text.slice(0, 500))}`)
    const size = bodiless ? 0 : Number(length)
    if (at + size > text.length) throw new Error(`an answer that is cut off: ${JSON.stringify(text.slice(at))}`)
    answers.push({ status, fields, body: text.slice(at, at + size) })
    at += size
  }
  return answers
}
