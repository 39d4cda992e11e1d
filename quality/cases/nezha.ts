import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { csvSpans } from '../../src/insight/ingest/spans/csv.ts'
import { Quarantine } from '../../src/insight/ingest/quarantine.ts'
import type { Span } from '../../src/insight/model/span.ts'
import { endOf, startOf } from '../../src/insight/traces/call-tree.ts'
import { everyTrace, Traces, type TracesOptions } from '../../src/insight/traces/traces.ts'
import { shuffled } from '../../test/support/spans.ts'
import { testData } from '../../test/support/test-data.ts'
import type { QualityCase } from '../quality-case.ts'

/** What the file itself says of its spans, read without the code that is judged: span id → parent id, '' at a root. */
type Parents = ReadonlyMap<string, string>

interface Treatment {
  readonly name: string
  /** What a network, a collector or a clock does to the spans of a file. Never changes ids. */
  readonly apply: (spans: readonly Span[], seed: number) => Span[]
  readonly options: TracesOptions
}

/** As live, but every trace stays, so that each span can be looked at. */
const live: TracesOptions = { ...everyTrace, quietMs: 30_000, openSpansMax: 150_000 }

const treatments: readonly Treatment[] = [
  { name: 'as they are', apply: spans => [...spans], options: live },
  { name: 'each up to 20 s late, a third twice', apply: (spans, seed) => delayed(twice(spans), seed), options: live },
  {
    name: 'late, a third twice, 5 % lost',
    apply: (spans, seed) => delayed(twice(lossy(spans, seed)), seed),
    options: live,
  },
  {
    name: 'late, clocks of pods up to 5 s off',
    apply: (spans, seed) => delayed(skewed(spans, seed), seed),
    options: live,
  },
  { name: 'whole files shuffled, 5 % lost', apply: lossy, options: everyTrace },
]

/** Spans of real systems end up below the call that made them, whatever the way to us does to them. */
export const nezhaSpans: QualityCase = {
  name: 'nezha-spans',
  what: 'Nezha spans attached to the right parent, where it is present; orphans counted',
  must: '100 %',
  aim: '100 %',
  method:
    'All 22 trace files of the Nezha slice (214,263 spans of two systems) go through the reader, the traces and the store of kept traces, one file after the other, five times: as they are; each span up to 20 s late and a third of them twice; the same with 5 % lost; late with the clock of each pod up to 5 s off; shuffled over the whole file with 5 % lost. The true parent is read from the file by other code. Right: the span hangs below exactly that span; orphans: exactly the spans whose parent was lost are counted, no other.',
  async run() {
    const folder = testData('nezha-traces')
    if (folder === null) return null
    const { files } = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as {
      files: { file: string }[]
    }
    const totals = treatments.map(() => ({
      present: 0,
      right: 0,
      orphans: 0,
      countedRight: true,
      inside: 0,
      crossing: 0,
    }))
    for (const [number, { file }] of files.entries()) {
      const text = gunzipSync(readFileSync(path.join(folder, file)))
      const parents = parentsOf(text.toString('utf8'))
      const spans = await read(text)
      if (spans.length !== parents.size) throw new Error(`${file}: ${spans.length} spans read of ${parents.size}`)
      for (const [i, { apply, options }] of treatments.entries()) {
        judge(apply(spans, number + 1), parents, options, totals[i] as (typeof totals)[number])
      }
    }
    const present = totals.reduce((sum, total) => sum + total.present, 0)
    const right = totals.reduce((sum, total) => sum + total.right, 0)
    const counted = totals.every(total => total.countedRight)
    const words = totals.map(
      (total, i) =>
        `${treatments[i]?.name}: ${total.right} of ${total.present}, ${total.orphans} orphans${total.countedRight ? '' : ' COUNTED WRONG'}`,
    )
    const { inside, crossing } = totals[3] as (typeof totals)[number]
    const clocks = `clocks put right: ${((100 * inside) / crossing).toFixed(1)} % of ${crossing} calls between pods lie inside their caller again`
    return {
      value: right / present,
      of: present,
      holds: right === present && counted,
      note: [...words, clocks].join('; '),
    }
  },
}

function parentsOf(csv: string): Parents {
  const rows = csv.trimEnd().split('\n').slice(1)
  return new Map(
    rows.map(row => {
      const [, span = '', parent = ''] = row.split(',')
      return [span, parent === 'root' ? '' : parent]
    }),
  )
}

async function read(text: Uint8Array): Promise<Span[]> {
  const quarantine = new Quarantine('nezha')
  const spans: Span[] = []
  for await (const batch of csvSpans.read(chunk(text), quarantine)) spans.push(...batch)
  return spans
}

async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function judge(
  spans: readonly Span[],
  parents: Parents,
  options: TracesOptions,
  total: { present: number; right: number; orphans: number; countedRight: boolean; inside: number; crossing: number },
): void {
  const traces = new Traces(options)
  for (const span of spans) traces.takeSpan(span)
  traces.flush()
  const here = new Set(spans.map(({ spanId }) => spanId))
  let orphans = 0
  for (const id of here) {
    const parent = parents.get(id) ?? ''
    if (parent === '') continue
    if (here.has(parent)) total.present++
    else orphans++
  }
  for (const id of new Set(spans.map(({ traceId }) => traceId))) {
    for (const tree of traces.tree(id)?.trees ?? []) {
      for (const node of tree.nodes) {
        const { parent, span } = node
        if (parent === null) continue
        if (parents.get(span.spanId) === parent.span.spanId) total.right++
        if (parent.span.resource['k8s.pod.name'] === span.resource['k8s.pod.name']) continue
        total.crossing++
        if (startOf(node) >= startOf(parent) - 1000 && endOf(node) <= endOf(parent) + 1000) total.inside++
      }
    }
  }
  total.orphans += orphans
  if (traces.counts().orphans !== orphans) total.countedRight = false
}

function twice(spans: readonly Span[]): Span[] {
  return [...spans, ...spans.filter((_, i) => i % 3 === 0)]
}

function lossy(spans: readonly Span[], seed: number): Span[] {
  return shuffled(spans, seed).slice(0, Math.floor(spans.length * 0.95))
}

/** In the order of arrival: each span's own end, and up to 20 s on its way. */
function delayed(spans: readonly Span[], seed: number): Span[] {
  const delays = shuffled(
    spans.map((_, i) => (20_000_000 * i) / spans.length),
    seed,
  )
  return spans
    .map((span, i) => ({ span, at: span.startUs + span.durationUs + (delays[i] as number) }))
    .sort((a, b) => a.at - b.at)
    .map(({ span }) => span)
}

/** Every pod's clock is off by its own amount, from −5 s to +5 s. */
function skewed(spans: readonly Span[], seed: number): Span[] {
  const pods = [...new Set(spans.map(({ resource }) => resource['k8s.pod.name'] ?? ''))].sort()
  const offsets = new Map(
    shuffled(pods, seed).map((pod, i) => [pod, Math.round(((2 * i) / pods.length - 1) * 5_000_000)]),
  )
  return spans.map(span => ({
    ...span,
    startUs: span.startUs + (offsets.get(span.resource['k8s.pod.name'] ?? '') ?? 0),
  }))
}
