import type { BaselineSettings } from '../baselines/baselines.ts'
import type { QuarantineTerms } from '../baselines/quarantine.ts'

/** How detection is set up; the configuration's `insight.detection` and `insight.networks`. */
export interface DetectionSettings {
  readonly enabled: boolean
  readonly baselines: BaselineSettings
  readonly quarantine: QuarantineTerms
  /** CIDRs whose callers are our own. */
  readonly internal: readonly string[]
  /** By detector's name; what is absent runs with its defaults. */
  readonly detectors: Readonly<Record<string, DetectorSettings>>
}

export interface DetectorSettings {
  readonly enabled: boolean
  /** null: the detector's own. */
  readonly weight: number | null
  /** Read by the detector's schema. */
  readonly with: Readonly<Record<string, unknown>>
}

const HOUR_MS = 3_600_000

/** One false alarm in 10,000 requests, a day of warm-up. */
export const usualDetection: DetectionSettings = {
  enabled: true,
  baselines: {
    budget: { kind: 'requests', share: 1e-4 },
    warmUp: { samples: 200, spanMs: 24 * HOUR_MS },
    settleMs: 7 * 24 * HOUR_MS,
    stepPerDay: 1.1,
    reach: 2,
    scenarios: [],
    expert: [],
  },
  quarantine: { callers: 3, spanMs: 24 * HOUR_MS },
  internal: [],
  detectors: {},
}
