import { seeded } from '../quality/traffic/seeded.ts'
import { writeLines } from './write-lines.ts'

export const spansPerTrace = 5

const startUs = Date.UTC(2026, 10, 22) * 1000
const services = ['shop', 'orders', 'users', 'stock', 'payments']

/** Writes traces as `--format spans` has them: 20 entry operations of three builds each, five spans a trace, durations with a heavy tail. The same seed gives the same file. */
export function writeSpanLines(file: string, traces: number, seed: string): void {
  writeLines(file, spanLines(traces, seed))
}

function* spanLines(traces: number, seed: string): Iterable<string> {
  const random = seeded(seed)
  for (let n = 0; n < traces; n++) {
    const entry = random.below(20)
    const build = random.below(3)
    const traceId = `t${n}`
    const durationUs = 20_000 * Math.exp(0.5 * normal(random.next(), random.next()))
    for (let i = 0; i < spansPerTrace; i++)
      yield JSON.stringify({
        traceId,
        spanId: `${traceId}-${i}`,
        parentId: i === 0 ? null : `${traceId}-${(i - 1) >> (build === 0 ? 1 : 0)}`,
        service: services[(i + (i === 4 ? build : 0)) % services.length],
        operation: i === 0 ? `GET /things${entry}` : `call ${entry % 5} ${i}`,
        startUs: startUs + n * 1000 + i * 500,
        durationUs: Math.round(durationUs / (i + 1)),
        status: 200,
        attributes: {},
      })
  }
}

function normal(a: number, b: number): number {
  return Math.sqrt(-2 * Math.log(1 - a)) * Math.cos(2 * Math.PI * b)
}
