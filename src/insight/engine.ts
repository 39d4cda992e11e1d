import type { Log } from '../core/host.ts'
import type { InsightConfig } from '../config/types.ts'
import { writtenMax } from './detection/actor-rows.ts'
import { detectionSettings, usualDetection } from './detection/settings.ts'
import { readDetectorSettings } from './detectors/read-settings.ts'
import { Learner, type LearningPart } from './learner.ts'
import { createParts, type Parts, partList } from './parts.ts'
import { openRecording, type Recording } from './recording.ts'
import { type History, openHistory } from './store/history.ts'
import { openStateStore, type StateStore } from './store/state-store.ts'

export interface EngineOptions {
  /** Folder of state and history; null: nothing is kept. */
  readonly folder: string | null
  readonly memoryBytesMax: number
  readonly retentionMs: number
  readonly historyBytesMax: number
  /** File for everything taken; null: none. */
  readonly record: string | null
  /** How detection is set up; absent: as usual. */
  readonly detection?: InsightConfig['detection']
  /** False: no detector runs, however it is set up. */
  readonly detects?: boolean
  /** Networks that are ours; absent: none. */
  readonly networks?: InsightConfig['networks']
  /** Makes further parts that are fed and kept as insight's own are; absent: none. */
  readonly join?: (parts: Parts) => readonly LearningPart[]
}

/** The learner with its parts and its stores: the same for live traffic and for a replay. */
export interface Engine {
  readonly parts: Parts
  readonly learner: Learner
  readonly history: History | null
  /** Writes what changed, in the order state, history, recording; what fails is logged once a minute and tried again. About once a second. */
  save(): Promise<void>
  /** Lets go of what is older than the retention. Now and then. */
  retain(nowMs: number): Promise<void>
  status(): EngineStatus
  /** Believes what waits, saves, and closes. */
  close(): Promise<void>
}

export interface EngineStatus {
  readonly stateRows: number
  readonly historyEvents: number
  readonly historySpans: number
  readonly historyLost: number
  readonly failedSaves: number
}

const complainEveryMs = 60_000
/** More than all actors that there is room for need. */
const turnsMax = 40

/** Opens the stores and gives every part what it knew. Rejects when another process has them. */
export async function openEngine(options: EngineOptions, log: Log): Promise<Engine> {
  const { folder } = options
  const { detection, networks } = options
  const settings =
    detection === undefined
      ? usualDetection
      : {
          ...detectionSettings(detection, networks?.internal ?? []),
          detectors: await readDetectorSettings(detection.detectors),
        }
  const parts = createParts(options.detects === false ? { ...settings, enabled: false } : settings)
  let state: StateStore | null = null
  let history: History | null = null
  let recording: Recording | null = null
  if (folder !== null) {
    state = openStateStore(folder)
    if (state.broken !== null)
      log.error(`what was learnt could not be read and was put aside in ${state.broken}; learning begins anew`)
    try {
      // DuckDB lets one process in: whoever has the history owns the state beside it.
      history = await openHistory(folder, {
        memoryBytes: Math.floor(options.memoryBytesMax / 4),
        retentionMs: options.retentionMs,
        bytesMax: options.historyBytesMax,
      })
    } catch (error) {
      state.close()
      throw error
    }
    if (history.broken !== null)
      log.error(`the history could not be read and was put aside in ${history.broken}; it begins anew`)
  }
  if (options.record !== null) recording = openRecording(options.record)

  const learner = new Learner({
    parts: [...partList(parts), ...(options.join?.(parts) ?? [])],
    ...(history === null && recording === null
      ? {}
      : {
          onTaken: record => {
            history?.event(record.event)
            recording?.add(record)
          },
        }),
    ...(history === null ? {} : { onSpan: span => history.span(span) }),
    onFault: (part, error) => complain(`part ${part} could not take an item`, error),
  })
  state?.restore(learner.parts)
  let failedSaves = 0
  const complained = new Map<string, number>()

  function complain(what: string, error: unknown): void {
    const now = performance.now()
    if (now - (complained.get(what) ?? Number.NEGATIVE_INFINITY) < complainEveryMs) return
    complained.set(what, now)
    log.error(`insight: ${what}`, { cause: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }

  async function attempt(what: string, work: () => unknown): Promise<void> {
    try {
      await work()
    } catch (error) {
      failedSaves++
      complain(what, error)
    }
  }

  /** How many rows were written; 0 when it failed. */
  async function saveState(): Promise<number> {
    let rows = 0
    await attempt('what was learnt could not be saved', () => {
      rows = state?.save(learner.parts) ?? 0
    })
    return rows
  }

  async function save(): Promise<void> {
    await saveState()
    await attempt('the history could not be written', () => history?.flush())
    await attempt('the recording could not be written', () => recording?.flush())
  }

  return {
    parts,
    learner,
    history,
    save,
    async retain(nowMs) {
      const newest = learner.newest
      if (newest === '' || history === null) return
      // A clock that ran ahead must not empty the history.
      await attempt('the history could not be cut', () => history.retain(Math.min(nowMs, Date.parse(newest))))
    },
    status: () => ({
      stateRows: state?.rows() ?? 0,
      historyEvents: history?.status().events ?? 0,
      historySpans: history?.status().spans ?? 0,
      historyLost: history?.status().lost ?? 0,
      failedSaves,
    }),
    async close() {
      learner.settle()
      // What waits is written in turns, so that a flood of callers is no flood of writes; at the end all of it.
      for (let turn = 0; turn < turnsMax && (await saveState()) >= writtenMax; turn++);
      await save()
      await attempt('the history did not close', () => history?.close())
      await attempt('the recording did not close', () => recording?.close())
      state?.close()
    },
  }
}
