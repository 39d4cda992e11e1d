import type { LearningPart } from '../insight/learner.ts'
import type { Parts } from '../insight/parts.ts'
import { Incidents } from './incidents/incidents.ts'
import { reportOf, type Suspect, suspectsOf } from './incidents/report.ts'
import { takeAction, wantedAction } from './take-action.ts'
import { WouldRefuseCount } from './would-refuse.ts'

/** What becomes of what detectors find. */
export interface Response {
  readonly incidents: Incidents
  readonly wouldRefuse: WouldRefuseCount
  /** What is kept beside the parts of insight. */
  readonly parts: readonly LearningPart[]
  /** Answers to the control API as plain data; undefined: there is no such question, or no such thing. `nowMs`: wall clock. */
  ask(question: string, parameters: Readonly<Record<string, string>>, nowMs: number): unknown
  /** Callers on whom the gateway acts now. */
  suspects(nowMs: number): readonly Suspect[]
}

/** How long a caller stays suspect after it was last found, ms. */
const holdMs = 15 * 60_000

export function createResponse({ detection }: Parts): Response {
  const incidents = new Incidents(detection.anomalies)
  const wouldRefuse = new WouldRefuseCount(incidents, holdMs)
  return {
    incidents,
    wouldRefuse,
    parts: [incidents, wouldRefuse],
    ask(question, { number = '', wanted = '' }, nowMs) {
      switch (question) {
        case 'incidents':
          return { incidents: incidents.all().map(one => reportOf(one, nowMs)), accepted: incidents.acceptances() }
        case 'incident': {
          const incident = incidents.get(Number(number))
          return incident === null ? undefined : reportOf(incident, nowMs)
        }
        case 'would-refuse':
          return wouldRefuse.report()
        case 'incident-action': {
          const action = wantedAction(JSON.parse(wanted))
          if (action === null) return { refused: 'it is no action: see the API description' }
          return takeAction(incidents, Number(number), action, nowMs)
        }
        default:
          return undefined
      }
    },
    suspects: nowMs => suspectsOf(incidents.all(), holdMs, nowMs),
  }
}
