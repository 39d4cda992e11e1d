import type { DetectionConfig } from '../../config/detection.ts'
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
  readonly detectors: DetectionConfig['detectors']
}

const HOUR_MS = 3_600_000

/** One false alarm in 10,000 requests, a day of warm-up: the defaults of the configuration. */
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

export function detectionSettings(config: DetectionConfig, internal: readonly string[]): DetectionSettings {
  const { enabled, budget, warmUp, quarantine, drift, scenarios, baselines, detectors } = config
  return {
    enabled,
    baselines: { budget, warmUp, ...drift, scenarios, expert: baselines },
    quarantine,
    internal,
    detectors,
  }
}
