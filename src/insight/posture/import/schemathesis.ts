import type { ImportedFinding } from './imported.ts'
import { checkOfCode, checksInWords, failedCheck } from './schemathesis-checks.ts'
import { callIn } from './text.ts'

/** Of the words of one failure: what comes behind is requests and answers. */
const wordsMax = 20_000

/**
 * A JUnit report of Schemathesis → findings: one for each check of each failed test case. Read by a scan of its tags, so that no entity is ever
 * expanded and no nesting followed.
 */
export function* schemathesisFindings(xml: string): Iterable<ImportedFinding> {
  const tags = /<(testcase|failure|error)\b([^>]*)>/g
  let call: Pick<ImportedFinding, 'method' | 'path'> = { method: null, path: null }
  let name = ''
  for (const { 0: whole, 1: tag = '', 2: attributes = '', index } of xml.matchAll(tags)) {
    if (tag === 'testcase') {
      name = attribute(attributes, 'name')
      call = callIn(name)
      continue
    }
    const message = attribute(attributes, 'message')
    const start = index + whole.length
    const end = attributes.endsWith('/') ? start : xml.indexOf('<', start)
    const text = unescaped(xml.slice(start, Math.min(end === -1 ? xml.length : end, start + wordsMax)))
    yield* failures(message, text, name, call)
  }
}

/** `message` holds the codes and `text` the words since version 4; before, the message held the words. */
function* failures(
  message: string,
  text: string,
  name: string,
  call: Pick<ImportedFinding, 'method' | 'path'>,
): Iterable<ImportedFinding> {
  if (!/^ST\d+(?:, ST\d+)*$/.test(message)) {
    const words = message === '' ? text : message
    const found = checksInWords(words)
    for (const check of found.length > 0 ? found : ['failure']) yield failedCheck(check, words || name, call)
    return
  }
  const told = saidOf(text)
  for (const code of new Set(message.split(', ')))
    yield failedCheck(checkOfCode(code) ?? code, told.get(code) ?? code, call)
}

/** The title and first words of each code. Only its own words: what the API answered stands behind them. */
function saidOf(text: string): ReadonlyMap<string, string> {
  const said = new Map<string, string>()
  let code = ''
  let head = true
  for (const line of text.split('\n')) {
    if (/^\d+\. Test Case ID/.test(line)) head = true
    else if (/^\[\d{3}\] |^Reproduce with/.test(line)) head = false
    if (!head) continue
    const [, named = '', title = ''] = /^- (ST\d+) (.+)$/.exec(line) ?? []
    if (named !== '' && !said.has(named)) {
      code = named
      said.set(code, title)
    } else if (named !== '') code = ''
    else if (code !== '' && /^ {4}\S/.test(line)) {
      said.set(code, `${said.get(code)}: ${line.trim()}`)
      code = ''
    }
  }
  return said
}

function attribute(attributes: string, name: string): string {
  const written = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1] ?? ''
  return unescaped(written.slice(0, 5_000))
}

function unescaped(written: string): string {
  return written
    .replace(/&#x([0-9a-f]{1,6});/gi, (_, digits: string) => characterOf(Number.parseInt(digits, 16)))
    .replace(/&#(\d{1,7});/g, (_, digits: string) => characterOf(Number(digits)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}

function characterOf(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}
