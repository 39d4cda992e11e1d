import type { ImportedFinding } from './imported.ts'
import { checkOfCode, failedCheck, isAboutMethods } from './schemathesis-checks.ts'
import { callIn, isMap, type Json, listOf, mapOf, textOf } from './text.ts'

// The other reports of Schemathesis 4: VCR cassette, events (NDJSON), HAR and the summary of a run (JSON).

/** Is this the beginning of a cassette? */
export function isCassette(beginning: string): boolean {
  return /^\uFEFF?command: .*\r?\nrecorded_with: 'Schemathesis /.test(beginning)
}

/**
 * A VCR cassette → findings: its failed checks. Read by its lines, which a program writes: 64 MiB of YAML would take minutes and gigabytes. What the API
 * answered stands in one line each, in quotes, and cannot pose as a check.
 */
export function* cassetteFindings(text: string): Iterable<ImportedFinding> {
  let failed: Array<readonly [check: string, message: string]> = []
  let check = ''
  let status = ''
  let uri = ''
  for (const line of linesOf(text)) {
    const [, key = '', value = ''] =
      /^(- id|    - name|      status|      message|    uri|    method): (.*)$/.exec(line) ?? []
    switch (key) {
      case '- id':
        failed = []
        check = ''
        uri = ''
        break
      case '    - name':
        check = quoted(value)
        break
      case '      status':
        status = quoted(value)
        break
      case '      message':
        // The status of an answer has a message too.
        if (check !== '' && status === 'FAILURE') failed.push([check, value === '~' ? '' : quoted(value)])
        check = ''
        break
      case '    uri':
        uri = quoted(value)
        break
      case '    method': {
        const method = quoted(value)
        for (const [name, message] of failed) yield placed(name, message, method, uri)
        failed = []
        break
      }
    }
  }
}

/** Is this the beginning of a stream of events? */
export function isEvents(beginning: string): boolean {
  return /^\uFEFF?\{"Initialize":\{/.test(beginning) && beginning.includes('"schemathesis_version"')
}

/** Events → findings: the failed checks of every finished scenario. A line that does not read is left out. */
export function* eventFindings(text: string): Iterable<ImportedFinding> {
  for (const line of linesOf(text)) {
    if (!line.startsWith('{"ScenarioFinished"')) continue
    let event: unknown
    try {
      event = JSON.parse(line)
    } catch {
      continue
    }
    const recorder = mapOf(mapOf(mapOf(event)['ScenarioFinished'])['recorder'])
    const label = textOf(recorder['label'])
    const interactions = mapOf(recorder['interactions'])
    for (const [id, list] of Object.entries(mapOf(recorder['checks']))) {
      const request = mapOf(mapOf(interactions[id])['request'])
      for (const check of listOf(list)) {
        const { name, status, failure_info: info } = mapOf(check)
        if (status !== 'failure') continue
        const failure = mapOf(mapOf(info)['failure'])
        const words = [textOf(failure['title']), textOf(failure['message']).split('\n', 1)[0] as string]
        const message = words.filter(word => word !== '').join(': ')
        // The scenario's label is the operation; that of a stateful one is none.
        const call = callIn(textOf(failure['operation']) || label)
        yield call.path === null
          ? placed(textOf(name), message, textOf(request['method']), textOf(request['uri']))
          : failedCheck(textOf(name), message, call)
      }
    }
  }
}

/** The summary of a run → findings: one for each operation of each kind of failure. */
export function* runFindings(report: Json): Iterable<ImportedFinding> {
  for (const failure of listOf(report['failures'])) {
    const { code, title, operations } = mapOf(failure)
    const check = checkOfCode(textOf(code)) ?? (textOf(code) || 'failure')
    for (const operation of listOf(operations)) {
      const { method, path } = callIn(textOf(operation))
      yield failedCheck(check, textOf(title), { method: isAboutMethods(check) ? null : method, path })
    }
  }
}

/** A HAR file whose calls Schemathesis made? Others are traffic, not reports. */
export function isSchemathesisHar(parsed: Json): boolean {
  return listOf(mapOf(parsed['log'])['entries']).slice(0, 20).some(isTestCall)
}

/** HAR holds calls without verdicts: what stands in it beyond doubt is that the API failed. */
export function* harFindings(parsed: Json): Iterable<ImportedFinding> {
  for (const entry of listOf(mapOf(parsed['log'])['entries'])) {
    const status = mapOf(mapOf(entry)['response'])['status']
    if (typeof status !== 'number' || status < 500 || status > 599 || !isTestCall(entry)) continue
    const request = mapOf(mapOf(entry)['request'])
    yield placed('not_a_server_error', `Server error: ${status}`, textOf(request['method']), textOf(request['url']))
  }
}

function isTestCall(entry: unknown): boolean {
  return listOf(mapOf(mapOf(entry)['request'])['headers']).some(
    field => isMap(field) && textOf(field['name']).toLowerCase() === 'x-schemathesis-testcaseid',
  )
}

function placed(check: string, message: string, method: string, uri: string): ImportedFinding {
  const call = callIn(`${method} ${uri}`)
  return failedCheck(check, message, { ...call, method: isAboutMethods(check) ? null : call.method })
}

function* linesOf(text: string): Iterable<string> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start)
    yield text.slice(start, end === -1 ? text.length : end)
    if (end === -1) return
    start = end + 1
  }
}

/** Without the quotes of YAML or Python around it. */
function quoted(written: string): string {
  const [, quote = '', inner = ''] = /^(['"])(.*)\1\r?$/.exec(written.slice(0, 5_000)) ?? []
  return quote === ''
    ? written.slice(0, 500)
    : inner.replaceAll(quote === "'" ? /''|\\'/g : /\\"/g, quote).slice(0, 500)
}
