import type { Config } from '../config/types.ts'
import { baselinesReport, changeBaseline, findingsReport } from './detection/ask.ts'
import { wantedChange } from './detection/wanted-change.ts'
import type { Engine } from './engine.ts'
import { takeEdit, wantedEdit } from './inventory/take-edit.ts'
import { assess } from './posture/assess.ts'
import { surfaceReport } from './surface/report.ts'
import { overflowedOf, surfaceOf } from './surface/surface.ts'
import { traceReport } from './traces/trace-report.ts'

/** What a question may be about. */
export type Parameters = Readonly<Record<string, string>>

export interface Asked {
  readonly engine: Engine
  /** In force; secrets in it are redacted. null: not told yet. */
  readonly config: Config | null
  /** Wall clock, ms. */
  readonly now: number
}

/** Answers as plain data; undefined: there is no such thing. */
export type Question = (asked: Asked, parameters: Parameters) => unknown

/** What others may ask of insight, and tell it, by name; the control API has an endpoint for each. */
export const questions: Readonly<Record<string, Question>> = Object.assign(Object.create(null), {
  inventory: ({ engine: { parts } }) => ({ operations: parts.inventory.operations() }),
  edits: ({ engine: { parts } }) => ({ edits: parts.inventory.edits() }),
  /** `wanted`: JSON of a WantedEdit. */
  edit({ engine: { parts }, now }, { wanted }) {
    const edit = wanted === undefined ? null : wantedEdit(JSON.parse(wanted))
    return edit === null ? { refused: 'it is no edit: see the API description' } : takeEdit(parts.inventory, edit, now)
  },
  /** What detectors found; `since`: number of one, only later ones are told. */
  findings: ({ engine: { parts } }, { since }) => findingsReport(parts.detection, Number(since ?? 0) || 0),
  baselines: ({ engine: { parts } }) => baselinesReport(parts.detection),
  /** `wanted`: JSON of a BaselineChange with `author` and `reason`. */
  'baseline-change'({ engine: { parts }, now }, { wanted }) {
    const change = wanted === undefined ? null : wantedChange(JSON.parse(wanted))
    return change === null
      ? { refused: 'it is no change: see the API description' }
      : changeBaseline(parts.detection, change, now)
  },
  services: ({ engine: { parts } }) => ({
    services: parts.inventory
      .services()
      .map(service => ({ ...service, tenures: parts.inventory.tenures(service.name) })),
  }),
  posture: ({ engine: { parts }, config, now }) =>
    assess({
      config,
      operations: parts.inventory.operations(),
      documents: parts.inventory.documents(),
      imported: [],
      suppressions: config?.insight?.accept ?? [],
      now,
    }),
  surface({ engine: { parts }, config, now }) {
    if (config === null) return undefined
    const aside = parts.inventory.services().flatMap(service => Object.values(service.aside))
    return surfaceReport(
      surfaceOf({
        config,
        operations: parts.inventory.operations(),
        overflowed: overflowedOf(parts.inventory.services()),
        toNothing: aside.reduce((sum, calls) => sum + calls, 0),
        nowMs: now,
      }),
    )
  },
  traces: ({ engine: { parts } }) => ({
    counts: parts.traces.counts(),
    occupancy: parts.traces.occupancy(),
    shapes: parts.traces.shapes(),
    traces: [...parts.traces.ids()].slice(0, tracesMax),
  }),
  trace({ engine: { parts } }, { id }) {
    const view = id === undefined ? null : parts.traces.tree(id)
    return view === null ? undefined : traceReport(view)
  },
  'service-map': ({ engine: { parts } }) => parts.traces.serviceMap(),
  coverage: ({ engine: { parts } }) => ({ pairs: parts.traces.coverage() }),
} satisfies Record<string, Question>)

const tracesMax = 1000
