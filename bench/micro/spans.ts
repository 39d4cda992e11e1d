import { createOtlpDecoder } from '../../src/insight/ingest/spans/otlp-protobuf.ts'
import { Traces } from '../../src/insight/traces/traces.ts'
import { renewed, spanMessage, spansPerMessage } from '../span-message.ts'
import type { MicroCase } from './micro-case.ts'

const decode = createOtlpDecoder()
const next = renewed(spanMessage())
const traces = new Traces()
const again = renewed(spanMessage())

export const cases: readonly MicroCase[] = [
  { name: `spans: decode OTLP protobuf, ${spansPerMessage} spans`, run: () => decode(next()).spans.length },
  {
    name: `spans: decode, tree, map, shape, ${spansPerMessage} spans`,
    run() {
      for (const span of decode(again()).spans) traces.takeSpan(span)
      return traces.counts().traces
    },
  },
]
