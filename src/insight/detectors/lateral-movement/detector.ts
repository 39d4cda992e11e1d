import type { Scale } from '../../detection/actor-rates.ts'
import { createEscalation } from '../../detection/escalation.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'

const scales: readonly Scale[] = [
  { windowMs: 3_600_000, metric: { name: 'surprise-1h', unit: 'nats of surprise in an hour', floor: 5 } },
  { windowMs: 86_400_000, metric: { name: 'surprise-1d', unit: 'nats of surprise in a day', floor: 8 } },
]

/** A service calls another as it never did, with the certificate that its workload has. */
export const lateralMovement: Detector<NoSettings> = {
  name: 'lateral-movement',
  schema: noSettings,
  defaults: {},
  findings: {
    'lateral-call': {
      title: 'a call between services that never was',
      severity: 'high',
      references: ['API5:2023', 'API10:2023', 'T1021', 'T1210'],
    },
  },
  create: (_, host) =>
    createEscalation(host, {
      code: 'lateral-call',
      scales,
      concerns: ({ actor }) => actor.method === 'mtls',
      ease: 1,
      explain: (who, operations) => `The workload ${who} called ${operations}, which it never did before.`,
    }),
}
