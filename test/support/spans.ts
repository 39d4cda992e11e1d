import type { Span } from '../../src/insight/model/span.ts'

/** Start of all test traces, µs: 2026-01-01T00:00:00Z. */
export const epochUs = 1_767_225_600_000_000

/** A span of trace `t`; times are relative to `epochUs`, µs. */
export function span(
  spanId: string,
  parentId: string | null,
  change: Partial<Span> & { at?: number; takes?: number } = {},
): Span {
  const { at = 0, takes = 100_000, ...rest } = change
  return {
    traceId: 't',
    spanId,
    parentId,
    service: 'shop',
    name: 'op',
    kind: 'unspecified',
    startUs: epochUs + at,
    durationUs: takes,
    error: false,
    resource: {},
    attributes: {},
    ...rest,
  }
}

/** The same items in another order; a linear congruential generator, so that a failure can be seen again. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const list = [...items]
  let state = seed >>> 0
  for (let i = list.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const j = Math.floor((state / 2 ** 32) * (i + 1))
    const other = list[i] as T
    list[i] = list[j] as T
    list[j] = other
  }
  return list
}
