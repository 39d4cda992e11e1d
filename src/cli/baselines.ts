import { duration } from '../core/values.ts'
import { systemClock } from '../gateway/system-clock.ts'
import {
  type BaselineChange,
  type BaselinesReport,
  baselinesReport,
  changeBaseline,
  noBaseline,
  type ChangeResult,
} from '../insight/detection/ask.ts'
import type { Detection } from '../insight/detection/detection.ts'
import { detectionSettings } from '../insight/detection/settings.ts'
import { wantedChange } from '../insight/detection/wanted-change.ts'
import { readDetectorSettings } from '../insight/detectors/read-settings.ts'
import { createParts } from '../insight/parts.ts'
import { authorOf } from './author.ts'
import { changeInWords, reportInWords, triedInWords } from './baseline-words.ts'
import { changeKnown } from './change-known.ts'
import { UserError } from './fail.ts'
import { findState, readKnown, type StateFlags } from './known-state.ts'
import { learnFiles } from './learn-files.ts'
import { loadConfiguration } from './load-configuration.ts'
import { say, sayJson } from './say.ts'

export interface BaselinesFlags extends StateFlags {
  readonly json?: boolean
}

export interface ChangeFlags extends BaselinesFlags {
  readonly reason: string
  readonly author?: string
}

type Done = Exclude<ChangeResult, { refused: string }>

/** `portcullis baselines list`. */
export async function list(files: readonly string[], flags: BaselinesFlags): Promise<void> {
  const report: BaselinesReport = baselinesReport(await gather(files, flags))
  if (flags.json === true) sayJson(report)
  else say(reportInWords(report))
}

/** `portcullis baselines try KEY THRESHOLD`: changes nothing, so it needs no gateway. */
export async function tryOut(key: string, threshold: string, flags: BaselinesFlags): Promise<void> {
  const detection = await gather([], flags)
  const tried = detection.baselines.replay(key, thresholdIn(threshold))
  if (tried === null) throw new UserError(noSuch(key))
  if (flags.json === true) sayJson({ key, threshold: thresholdIn(threshold), ...tried })
  else say(triedInWords(threshold, tried))
}

/** `portcullis baselines set KEY THRESHOLD`. */
export function set(key: string, threshold: string, flags: ChangeFlags): Promise<void> {
  return change({ kind: 'set', key, threshold: thresholdIn(threshold) }, flags)
}

/** `portcullis baselines release KEY`: what is learnt, or written in the configuration, holds again. */
export function release(key: string, flags: ChangeFlags): Promise<void> {
  return change({ kind: 'set', key, threshold: null }, flags)
}

/** `portcullis baselines accept KEY`. */
export function accept(key: string, flags: ChangeFlags): Promise<void> {
  return change({ kind: 'accept', key }, flags)
}

/** `portcullis baselines rollback VERSION`. */
export function rollback(version: string, flags: ChangeFlags): Promise<void> {
  if (!/^[1-9]\d{0,8}$/.test(version)) throw new UserError(`${version} is no number of a version`)
  return change({ kind: 'rollback', version: Number(version) }, flags)
}

/** `portcullis baselines begin SCENARIO --for TIME`. */
export function begin(scenario: string, flags: ChangeFlags & { readonly for: string }): Promise<void> {
  const time = duration().safeParse(flags.for)
  if (!time.success) throw new UserError(`--for ${flags.for} is no time; 90m, 6h and 2d are`)
  return change({ kind: 'begin', scenario, untilMs: Math.round(systemClock().now() + time.data) }, flags)
}

/** `portcullis baselines admit SHAPE`. */
export function admit(shape: string, flags: ChangeFlags): Promise<void> {
  return change({ kind: 'admit', shape }, flags)
}

async function change(what: BaselineChange, flags: ChangeFlags): Promise<void> {
  const sent = { ...what, author: authorOf(flags), reason: flags.reason }
  const wanted = wantedChange(sent)
  if (wanted === null) throw new UserError('author, reason or a name is empty or too long')
  const done = await changeKnown<Done>(flags, {
    path: '/baselines',
    wanted: sent,
    ended({ parts, nowMs }) {
      const result = changeBaseline(parts.detection, wanted, nowMs)
      if ('refused' in result) throw new UserError(refusedInWords(what, result.refused, flags))
      return result
    },
  })
  if (flags.json === true) sayJson(done)
  else say(changeInWords(what, done))
}

/** Detection as it was when the state was written, less than two seconds ago where a gateway is at work; or what files teach. */
async function gather(files: readonly string[], flags: BaselinesFlags): Promise<Detection> {
  if (files.length > 0) return (await learnFiles(files, flags, () => [])).parts.detection
  const known = await findState(flags)
  const { insight } = (known.config ?? (flags.config === undefined ? null : await loadConfiguration(flags.config)))
    ?.config ?? { insight: null }
  const settings = insight === null ? undefined : detectionSettings(insight.detection, insight.networks.internal)
  const { detection } = createParts(
    settings === undefined ? undefined : { ...settings, detectors: await readDetectorSettings(settings.detectors) },
  )
  readKnown(known, [detection])
  return detection
}

function thresholdIn(text: string): number {
  if (!/^\d{1,15}(\.\d{1,9})?$/.test(text))
    throw new UserError(`${text} is no threshold: a number from 0, such as 12.5`)
  return Number(text)
}

function refusedInWords(what: BaselineChange, refused: string, { config, state }: StateFlags): string {
  if ('key' in what && refused === noBaseline) return noSuch(what.key)
  // Scenarios stand in the configuration, and a state does not say which that was.
  return what.kind === 'begin' && config === undefined && state !== undefined
    ? `${refused}; name the configuration (--config)`
    : refused
}

function noSuch(key: string): string {
  return `there is no baseline ${key}; \`portcullis baselines\` lists them`
}
