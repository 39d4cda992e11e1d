import type { Severity } from '../core/finding.ts'
import { systemClock } from '../gateway/system-clock.ts'
import { createParts } from '../insight/parts.ts'
import { type Incident } from '../response/incidents/incident.ts'
import { reportOf } from '../response/incidents/report.ts'
import { createResponse, type Response } from '../response/response.ts'
import { takeAction, type WantedAction } from '../response/take-action.ts'
import { authorOf } from './author.ts'
import { changeKnown } from './change-known.ts'
import { UserError } from './fail.ts'
import { incidentInWords, listInWords, wouldRefuseInWords } from './incident-words.ts'
import { findState, readKnown, type StateFlags } from './known-state.ts'
import { learnFiles } from './learn-files.ts'
import { say, sayJson } from './say.ts'

export interface IncidentsFlags extends StateFlags {
  readonly all?: boolean
  readonly json?: boolean
}

export interface ActionFlags extends StateFlags {
  readonly reason: string
  readonly author?: string
  readonly json?: boolean
}

/** `portcullis incidents list`. */
export async function list(files: readonly string[], flags: IncidentsFlags): Promise<void> {
  const { response, nowMs } = await gather(files, flags)
  const reports = response.incidents
    .all()
    .filter(({ state }) => flags.all === true || state !== 'closed')
    .map(incident => reportOf(incident, nowMs))
  if (flags.json === true) sayJson({ incidents: reports, accepted: response.incidents.acceptances() })
  else say(listInWords(reports))
}

/** `portcullis incidents show NUMBER`. */
export async function show(number: string, files: readonly string[], flags: IncidentsFlags): Promise<void> {
  const { response, nowMs } = await gather(files, flags)
  const report = reportOf(found(response, number), nowMs)
  if (flags.json === true) sayJson(report)
  else say(incidentInWords(report))
}

export interface WouldRefuseFlags extends StateFlags {
  readonly severity: string
  readonly json?: boolean
}

/** `portcullis incidents would-refuse`. */
export async function wouldRefuse(files: readonly string[], flags: WouldRefuseFlags): Promise<void> {
  const severity = severityIn(flags.severity)
  const { response } = await gather(files, flags)
  const report = response.wouldRefuse.report(severity)
  if (flags.json === true) sayJson(report)
  else say(wouldRefuseInWords(report, severity))
}

/** `portcullis incidents acknowledge | close | accept | reopen NUMBER`: at the gateway that runs, else in what it left. */
export async function act(action: WantedAction['action'], number: string, flags: ActionFlags): Promise<void> {
  const wanted = { action, author: authorOf(flags), reason: flags.reason }
  const incident = await changeKnown<Incident>(flags, {
    path: `/incidents/${wholeNumber(number)}`,
    wanted,
    ended({ response, nowMs }) {
      const result = takeAction(response.incidents, wholeNumber(number), wanted, nowMs)
      if ('refused' in result) throw new UserError(result.refused)
      return result.incident
    },
  })
  if (flags.json === true) sayJson(incident)
  else say(`incident ${incident.number} is ${incident.state}`)
}

interface Gathered {
  readonly response: Response
  /** Now, as far as incidents are concerned: the end of the files, or the clock on the wall. Unix ms. */
  readonly nowMs: number
}

async function gather(files: readonly string[], flags: IncidentsFlags): Promise<Gathered> {
  if (files.length === 0) {
    const parts = createParts()
    const response = createResponse(parts)
    readKnown({ ...(await findState(flags)), mayBeEmpty: true }, response.parts)
    return { response, nowMs: systemClock().now() }
  }
  let response: Response | null = null
  const engine = await learnFiles(files, flags, parts => {
    response = createResponse(parts)
    return response.parts
  })
  if (response === null) throw new Error('the engine made no response')
  return { response, nowMs: engine.learner.newest === '' ? 0 : Date.parse(engine.learner.newest) }
}

function found({ incidents }: Response, number: string): Incident {
  const incident = incidents.get(wholeNumber(number))
  if (incident === null)
    throw new UserError(`there is no incident ${number}; \`portcullis incidents --all\` lists them`)
  return incident
}

function severityIn(text: string): Severity {
  const known = ['info', 'low', 'medium', 'high', 'critical'] as const
  const severity = known.find(one => one === text)
  if (severity === undefined) throw new UserError(`there is no severity ${text}; there are ${known.join(', ')}`)
  return severity
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UserError(`${text} is no number of an incident`)
  return Number(text)
}
