import type { Scale } from '../../detection/actor-rates.ts'
import { createEscalation } from '../../detection/escalation.ts'
import { isMachine } from '../../detection/machines.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'

const scales: readonly Scale[] = [
  { windowMs: 3_600_000, metric: { name: 'surprise-1h', unit: 'nats of surprise in an hour', floor: 5 } },
  { windowMs: 86_400_000, metric: { name: 'surprise-1d', unit: 'nats of surprise in a day', floor: 10 } },
]

/** Functions of others (OWASP API5:2023): operations of a closed circle, methods that nobody uses. */
export const methodEscalation: Detector<NoSettings> = {
  name: 'method-escalation',
  schema: noSettings,
  defaults: {},
  findings: {
    escalation: {
      title: 'functions that this caller and its like do not use',
      severity: 'high',
      references: ['API5:2023', 'T1548'],
    },
  },
  create: (_, host) =>
    createEscalation(host, {
      code: 'escalation',
      scales,
      concerns: ({ actor }) => actor.kind !== 'address' && !isMachine(actor.method),
      ease: 3,
      explain: (who, operations) =>
        `${who} called ${operations}: it never did before, and those operations hardly ever gain a caller.`,
    }),
}
