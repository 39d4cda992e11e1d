import { randomBytes } from 'node:crypto'
import { openFileContent, readerFor } from '../insight/ingest/content.ts'
import { envoyReader } from '../insight/ingest/exchanges/envoy.ts'
import { eventsReader, recordsReader } from '../insight/ingest/exchanges/events.ts'
import { Quarantine } from '../insight/ingest/quarantine.ts'
import { spanReaders } from '../insight/ingest/spans/index.ts'
import { requestList, traceReport } from '../insight/traces/trace-report.ts'
import { everyTrace, Traces, type TraceView } from '../insight/traces/traces.ts'
import { durationWords } from './durations.ts'
import { counted, UserError } from './fail.ts'
import { findState, readKnown, type StateFlags } from './known-state.ts'
import { say, sayJson } from './say.ts'
import { table } from './table.ts'
import { drawTrace } from './trace-tree.ts'

export interface TracesFlags extends StateFlags {
  readonly json?: boolean
  readonly limit?: number
}

/** `portcullis traces list`: one line a request, in the order of time. */
export async function listTraces(files: readonly string[], flags: TracesFlags): Promise<void> {
  const { traces, bad } = await gather(files, flags)
  const requests = requestList(traces)
  const shown = requests.slice(0, flags.limit ?? 50)
  if (flags.json === true) {
    print({ traces: shown, total: requests.length, counts: traces.counts(), bad: badReport(bad) })
    return
  }
  const rows = shown.map(one => {
    const notes = [
      ...(one.errors > 0 ? [`✗ ${counted(one.errors, 'error')}`] : []),
      ...(one.origin === 'root' || one.origin === 'entry' ? [] : [one.origin]),
      ...(one.strangers ? ['id used by strangers'] : []),
      ...(one.kept === 'rare' || one.kept === 'slow' ? [one.kept] : []),
    ]
    return [
      one.traceId,
      new Date(one.startUs / 1000).toISOString().slice(0, 23).replace('T', ' '),
      durationWords(one.durationUs / 1000),
      String(one.spans),
      String(one.services),
      `${one.service}  ${one.name}`,
      notes.join(', '),
    ]
  })
  const head = ['trace', 'begun (UTC)', 'took', 'spans', 'services', 'request', '']
  const left = requests.length - shown.length
  say(
    [
      table([head, ...rows]),
      ...(left > 0 ? [`… and ${left} more (--limit)`] : []),
      '',
      summaryWords(traces),
      ...badWords(bad),
    ].join('\n'),
  )
}

/** `portcullis traces show ID`: the tree of one trace. */
export async function showTrace(wanted: string, files: readonly string[], flags: TracesFlags): Promise<void> {
  const { traces } = await gather(files, flags)
  const id = wanted.toLowerCase()
  const matching = [...traces.ids()].filter(one => one === wanted || one.startsWith(id))
  if (matching.length === 0) throw new UserError(`there is no trace ${wanted} here`)
  if (matching.length > 1) throw new UserError(`${matching.length} traces begin with ${wanted}; write more of the id`)
  const view = traces.tree(matching[0] as string) as TraceView
  if (flags.json === true) print(traceReport(view))
  else say(drawTrace(view))
}

/** `portcullis traces map`: which service calls which, how often, how well, how fast. */
export async function mapServices(files: readonly string[], flags: TracesFlags): Promise<void> {
  const { traces, bad } = await gather(files, flags)
  const map = traces.serviceMap()
  const edges = [...map.edges].sort((a, b) => order(a.from ?? '', b.from ?? '') || b.calls - a.calls)
  if (flags.json === true) {
    print({ services: map.services, edges, counts: traces.counts(), bad: badReport(bad) })
    return
  }
  const rows = edges.map(edge => [
    edge.from ?? '(outside)',
    `→ ${edge.to}`,
    String(edge.calls),
    edge.perMinute >= 10 ? edge.perMinute.toFixed(0) : edge.perMinute.toFixed(1),
    edge.errors === 0 ? 'none' : `${edge.errors} (${((100 * edge.errors) / edge.calls).toFixed(1)} %)`,
    durationWords(edge.latency.p50),
    durationWords(edge.latency.p99),
    durationWords(edge.selfMs),
    edge.withoutSpans === edge.calls
      ? 'sends no spans'
      : edge.withoutSpans > 0
        ? `${edge.withoutSpans} without spans`
        : '',
  ])
  const head = ['caller', '  calls', 'calls', 'a minute', 'failed', 'half within', '99 % within', 'own work', '']
  const busiest = [...map.services].sort((a, b) => b.selfMs * b.calls - a.selfMs * a.calls)[0]
  say(
    [
      table([head, ...rows]),
      '',
      `${counted(map.services.length, 'service')}, ${counted(edges.length, 'pair')}.${
        busiest === undefined
          ? ''
          : ` Most time is spent in ${busiest.service}: ${durationWords(busiest.selfMs)} of its own work in each of ${counted(busiest.calls, 'call')}.`
      }`,
      summaryWords(traces),
      ...badWords(bad),
    ].join('\n'),
  )
}

/** `portcullis traces coverage`: pairs of services that talk, and whether their calls are traced. */
export async function showCoverage(files: readonly string[], flags: TracesFlags): Promise<void> {
  const { traces, bad } = await gather(files, flags)
  const pairs = traces.coverage()
  if (flags.json === true) {
    print({ pairs, counts: traces.counts(), bad: badReport(bad) })
    return
  }
  if (pairs.length === 0) {
    say('No log and no client span names a pair of services, so nothing can be missing from the traces.')
    return
  }
  const rows = pairs.map(pair => [
    pair.from,
    `→ ${pair.to}`,
    pair.seenIn === 'log' ? 'our log' : 'spans of the caller',
    String(pair.calls),
    `${(100 * pair.share).toFixed(pair.share === 1 || pair.share === 0 ? 0 : 1)} %`,
    pair.answersAs.join(', '),
  ])
  const silent = pairs.filter(pair => pair.withSpans === 0)
  say(
    [
      table([['caller', '  calls', 'seen in', 'calls', 'with spans', 'sends spans as'], ...rows]),
      '',
      silent.length === 0
        ? 'Every service that is called sends spans.'
        : `No spans from ${[...new Set(silent.map(pair => pair.to))].join(', ')}: what they call in turn is not seen.`,
      ...badWords(bad),
    ].join('\n'),
  )
}

/** What files tell, or the insight of a state or configuration knows. */
async function gather(files: readonly string[], flags: TracesFlags): Promise<{ traces: Traces; bad: Quarantine[] }> {
  const traces = new Traces(everyTrace)
  const bad: Quarantine[] = []
  if (files.length > 0 && flags.state !== undefined) throw new UserError('name files or --state, not both')
  if (files.length === 0) {
    readKnown(await findState(flags), [traces])
    return { traces, bad }
  }
  const hashKey = randomBytes(32)
  const eventReaders = [eventsReader(hashKey), recordsReader, envoyReader(hashKey)]
  for (const file of files) {
    const quarantine = new Quarantine(file)
    bad.push(quarantine)
    const content = await openFileContent(file, quarantine).catch((error: unknown) => {
      throw new UserError(`cannot read ${file}: ${(error as Error).message}`)
    })
    const spans = readerFor(spanReaders, content)
    const events = spans === null ? readerFor(eventReaders, content) : null
    if (spans !== null) {
      for await (const batch of spans.read(content.chunks, quarantine)) for (const span of batch) traces.takeSpan(span)
    } else if (events !== null) {
      for await (const batch of events.read(content.chunks, quarantine)) for (const record of batch) traces.take(record)
    } else {
      const formats = [...spanReaders, ...eventReaders].map(({ format }) => format).join(', ')
      throw new UserError(`${file} is of no format that has spans: ${formats} (gzip or plain)`)
    }
  }
  traces.flush()
  return { traces, bad }
}

function summaryWords(traces: Traces): string {
  const { spans, traces: ids, duplicates, orphans, loops, late, shared, shifted } = traces.counts()
  const notes = [
    ...(orphans > 0 ? [`${orphans} without their parent`] : []),
    ...(duplicates > 0 ? [`${duplicates} sent twice`] : []),
    ...(late > 0 ? [`${late} late`] : []),
    ...(loops > 0 ? [counted(loops, 'loop')] : []),
    ...(shifted > 0 ? [`${shifted} with a clock that was put right`] : []),
    ...(shared > 0 ? [`${counted(shared, 'trace id')} used by strangers`] : []),
  ]
  return `${counted(spans, 'span')} in ${counted(ids, 'trace')}${notes.length === 0 ? '' : `: ${notes.join(', ')}`}.`
}

function badReport(bad: readonly Quarantine[]) {
  return bad
    .filter(({ total }) => total > 0)
    .map(({ source, total, reasons, examples }) => ({ source, total, reasons: Object.fromEntries(reasons), examples }))
}

function badWords(bad: readonly Quarantine[]): string[] {
  return bad
    .filter(({ total }) => total > 0)
    .map(({ source, total, reasons, examples }) => {
      const why = [...reasons].map(([reason, count]) => `${count} × ${reason}`).join(', ')
      return `${source}: ${total} did not read: ${why} (first at ${examples[0]?.place ?? '?'})`
    })
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function print(value: unknown): void {
  sayJson(value)
}
