import type { Engine } from './engine.ts'
import { traceReport } from './traces/trace-report.ts'

/** What a question may be about. */
export type Parameters = Readonly<Record<string, string>>

/** Answers as plain data; undefined: there is no such thing. */
export type Question = (engine: Engine, parameters: Parameters) => unknown

/** What others may ask of insight, by name; the control API has an endpoint for each. */
export const questions: Readonly<Record<string, Question>> = Object.assign(Object.create(null), {
  traces: ({ parts: { traces } }) => ({
    counts: traces.counts(),
    occupancy: traces.occupancy(),
    shapes: traces.shapes(),
    traces: [...traces.ids()].slice(0, tracesMax),
  }),
  trace({ parts: { traces } }, { id }) {
    const view = id === undefined ? null : traces.tree(id)
    return view === null ? undefined : traceReport(view)
  },
  'service-map': ({ parts: { traces } }) => traces.serviceMap(),
  coverage: ({ parts: { traces } }) => ({ pairs: traces.coverage() }),
} satisfies Record<string, Question>)

const tracesMax = 1000
