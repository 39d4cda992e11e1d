import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { learnItems, scoreOf } from '../../src/insight/behaviour/calibration.ts'
import { spans as family } from '../../src/insight/behaviour/families/spans/spans.ts'
import { type LabelledScore, labelFigures } from '../../src/insight/behaviour/labels.ts'
import { csvSpans } from '../../src/insight/ingest/spans/csv.ts'
import { Quarantine } from '../../src/insight/ingest/quarantine.ts'
import type { Span } from '../../src/insight/model/span.ts'
import { CallShapes } from '../../src/insight/signatures/call-shape.ts'
import { type Chain, chainOf } from '../../src/insight/signatures/chain.ts'
import { buildTrees } from '../../src/insight/traces/call-tree.ts'
import { createOperationName } from '../../src/insight/traces/operation-name.ts'
import { testData } from '../../test/support/test-data.ts'
import type { QualityCase } from '../quality-case.ts'

interface TraceFile {
  readonly file: string
  readonly system: string
  readonly phase: 'normal' | 'pre-fault' | 'fault'
  readonly fault?: { readonly type: string; readonly injected_at: string }
}

const system = 'online-boutique'
const budget = 1e-2

/** What chains say of faults in a real system, learnt from some 1,500 traces of other minutes. */
export const nezhaChains: QualityCase = {
  name: 'nezha-chains',
  what: 'Nezha, Online Boutique: how well scores of call chains part traces after a fault was injected from those before (AUC, mean of three faults)',
  must: '',
  aim: '',
  method:
    'For each of the three faults (CPU contention, CPU consumed, a changed return value) the fault-free minute and the minutes before the two other faults are learnt, about 1,500 traces, at a budget of 0.01. Judged are the minute before the fault (normal, with care: an earlier fault had ended minutes before) and the traces that began after it, whether they touch the faulty pod or not. Train Ticket is left out: some 60 traces a minute, and its faults hardly show in spans. A look at real data, without a bar; nothing is tuned to it.',
  async run() {
    const folder = testData('nezha-traces')
    if (folder === null) return null
    const manifest = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as {
      files: readonly TraceFile[]
    }
    const shapes = new CallShapes()
    const files: Array<TraceFile & { readonly traces: readonly Timed[] }> = []
    for (const one of manifest.files)
      if (one.system === system)
        files.push({ ...one, traces: await tracesOf(gunzipSync(readFileSync(path.join(folder, one.file))), shapes) })
    const areas: number[] = []
    const words: string[] = []
    let of = 0
    for (const before of files.filter(({ phase }) => phase === 'pre-fault')) {
      const injected = before.fault?.injected_at
      const { model, calibration } = learnItems(
        family,
        files.filter(one => one.phase !== 'fault' && one !== before).flatMap(({ traces }) => traces.map(chainIn)),
        budget,
      )
      const judged = (traces: readonly Timed[], abnormal: boolean): LabelledScore[] =>
        traces.map(({ chain }) => {
          const { score } = scoreOf(calibration, model.judge(chain))
          return { score, judgedAbnormal: score > calibration.threshold, abnormal }
        })
      const normal = judged(before.traces, false)
      const faulty = judged(
        files
          .filter(({ phase, fault }) => phase === 'fault' && fault?.injected_at === injected)
          .flatMap(({ traces }) => traces.filter(({ startMs }) => startMs >= Date.parse(injected ?? ''))),
        true,
      )
      const { auc, recall, falseAlarmRate } = labelFigures([...normal, ...faulty])
      areas.push(auc ?? 0)
      of += normal.length + faulty.length
      words.push(
        `${before.fault?.type}: AUC ${(auc ?? 0).toFixed(3)}, abnormal ${percent(recall)} of ${faulty.length} after it, ${percent(falseAlarmRate)} of ${normal.length} before`,
      )
    }
    const value = Number((areas.reduce((sum, area) => sum + area, 0) / areas.length).toFixed(4))
    return { value, of, holds: true, note: words.join('; ') }
  },
}

interface Timed {
  readonly chain: Chain
  readonly startMs: number
}

function chainIn({ chain }: Timed): Chain {
  return chain
}

async function tracesOf(bytes: Uint8Array, shapes: CallShapes): Promise<Timed[]> {
  const byTrace = new Map<string, Span[]>()
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  for await (const batch of csvSpans.read(whole(), new Quarantine('nezha')))
    for (const span of batch) {
      const list = byTrace.get(span.traceId)
      if (list === undefined) byTrace.set(span.traceId, [span])
      else list.push(span)
    }
  const operation = createOperationName()
  return Array.from(byTrace, ([id, list]) => ({
    chain: chainOf(id, buildTrees(list), shapes, operation),
    startMs: Math.min(...list.map(({ startUs }) => startUs)) / 1000,
  }))
}

function percent(share: number | null): string {
  return `${(100 * (share ?? 0)).toFixed(1)} %`
}
