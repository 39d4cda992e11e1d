import type * as z from 'zod'
import type { detectionSchema } from './schema/detection.ts'

/** `insight.detection`, checked; times in ms. Meanings: insight/detection/settings.ts. */
export interface DetectionConfig {
  readonly enabled: boolean
  readonly budget:
    | { readonly kind: 'requests'; readonly share: number }
    | { readonly kind: 'day'; readonly alarms: number }
  readonly warmUp: { readonly samples: number; readonly spanMs: number }
  readonly quarantine: { readonly callers: number; readonly spanMs: number }
  readonly drift: { readonly settleMs: number; readonly stepPerDay: number; readonly reach: number }
  readonly scenarios: ReadonlyArray<{
    readonly name: string
    readonly days: readonly string[]
    readonly hours: string | null
    readonly factor: number
    readonly begin: 'calendar' | 'label' | 'operator'
  }>
  readonly baselines: ReadonlyArray<{
    readonly detector: string
    readonly metric: string
    readonly scope: string
    readonly threshold: number
  }>
  readonly detectors: Readonly<
    Record<
      string,
      {
        readonly enabled: boolean
        readonly weight: number | null
        readonly with: Readonly<Record<string, unknown>> | null
      }
    >
  >
}

export function detectionConfig(input: z.output<typeof detectionSchema>): DetectionConfig {
  const { enabled, budget, warmUp, quarantine, drift, scenarios, baselines, detectors } = input
  return {
    enabled,
    budget: typeof budget === 'number' ? { kind: 'requests', share: budget } : { kind: 'day', alarms: budget.perDay },
    warmUp: { samples: warmUp.samples, spanMs: warmUp.time },
    quarantine: { callers: quarantine.callers, spanMs: quarantine.time },
    drift: { settleMs: drift.settle, stepPerDay: drift.stepPerDay, reach: drift.reach },
    scenarios: scenarios.map(({ name, days, hours, factor, begin }) => ({
      name,
      days,
      hours: hours ?? null,
      factor,
      begin,
    })),
    baselines,
    detectors: Object.fromEntries(
      Object.entries(detectors).map(([name, one]) => [
        name,
        { enabled: one.enabled, weight: one.weight ?? null, with: one.with ?? null },
      ]),
    ),
  }
}
