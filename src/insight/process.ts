import type { ApiDocument } from '../config/api-documents.ts'
import type { Config, InsightConfig } from '../config/types.ts'
import type { Clock, Log } from '../core/host.ts'
import { detectionSettings } from './detection/settings.ts'
import { type EngineOptions, openEngine } from './engine.ts'
import { createIntake } from './intake.ts'
import type { LearnerCounts } from './learner.ts'
import type { EngineStatus } from './engine.ts'
import { fieldChoice, usualFields } from './model/field-choice.ts'
import type { RawExchange } from './model/exchange.ts'
import type { Observation } from './model/observation.ts'
import { readDocuments } from './inventory/openapi/read-documents.ts'
import { type ClusterStatus, watchCluster } from './kubernetes/cluster-watch.ts'
import { createOtlpReceiver, type OtlpCounts, type OtlpReceiver } from './otlp/receiver.ts'
import { type Parameters, questions } from './questions.ts'
import { openStreamServer, type StreamStatus } from './stream/server.ts'

export interface InsightOptions extends EngineOptions {
  readonly folder: string
  readonly socket: string
  /** Receiver of spans; null: none. */
  readonly otlp: InsightConfig['otlp']
  /** Attributes of spans that are kept; absent: the usual ones. */
  readonly fields?: InsightConfig['fields']
  /** Cluster to watch for owners; absent or null: none. */
  readonly kubernetes?: InsightConfig['kubernetes']
  /** Known before the first item comes; absent: `configure` says it. */
  readonly told?: Told
  readonly reduce: (raw: RawExchange) => Observation
  readonly clock: Clock
  readonly log: Log
}

/** What insight is told of the configuration in force. */
export interface Told {
  /** Secrets in it are redacted. */
  readonly config: Config
  /** OpenAPI documents that it names; null: the same as before. */
  readonly documents: readonly ApiDocument[] | null
}

/** What the process is doing: told once a second. */
export interface InsightStatus extends EngineStatus, StreamStatus {
  readonly counts: LearnerCounts
  /** Items that did not read, by reason. */
  readonly quarantined: Readonly<Record<string, number>>
  /** null: there is no receiver, or its address could not be had. */
  readonly otlp: (OtlpCounts & { readonly port: number }) | null
  /** null: no cluster is watched. */
  readonly kubernetes: ClusterStatus | null
  /** How long the slowest item of the last second had been on its way, ms. */
  readonly lagMs: number
  /** Events that the last save held: what came since would be lost with the process. */
  readonly savedEvents: number
  /** How long the last save took, ms. */
  readonly saveMs: number
  readonly rssBytes: number
}

/** Insight at work: it takes the stream of the data plane and answers questions. */
export interface Insight {
  /** JSON of the answer; null: there is no such question, or no such thing. */
  ask(question: string, parameters: Parameters): string | null
  status(): InsightStatus
  /** Resolves when what was learnt and told until now is on disk, or the failure is in the log. */
  save(): Promise<void>
  /** After each reload. */
  configure(told: Told): void
  /** Takes what is still in the sockets, saves everything and ends. */
  close(): Promise<void>
}

const saveEveryMs = 1000
const retainEveryMs = 600_000
const otlpAgainMs = 30_000

/** Opens stores and socket. Rejects with words when the folder is in use or the socket cannot be had. */
export async function startInsight(options: InsightOptions): Promise<Insight> {
  const { clock, log } = options
  const engine = await openEngine(options, log)
  let config: Config | null = null

  function configure(told: Told): void {
    ;({ config } = told)
    engine.parts.inventory.configure(config)
    if (config.insight !== null)
      engine.parts.detection.configure(detectionSettings(config.insight.detection, config.insight.networks.internal))
    if (told.documents !== null)
      engine.parts.inventory.describe(readDocuments(told.documents, words => log.error(`insight: ${words}`)))
  }
  if (options.told !== undefined) configure(options.told)
  const intake = createIntake({ learner: engine.learner, reduce: options.reduce, now: () => clock.now() })
  const server = await openStreamServer(options.socket, intake, log).catch(async (error: unknown) => {
    await engine.close()
    throw error
  })
  let otlp: { readonly receiver: OtlpReceiver; readonly port: number } | null = null
  let otlpAgain: NodeJS.Timeout | undefined
  let closing = false
  let saveMs = 0
  let savedEvents = 0
  let lagMs = 0
  let saving: Promise<void> | null = null

  /** An address that is taken must not keep us from learning; it may be free later. */
  async function receiveSpans(terms: NonNullable<InsightConfig['otlp']>): Promise<void> {
    const receiver = createOtlpReceiver({
      ...terms,
      fields: options.fields === undefined ? usualFields : fieldChoice(options.fields),
      take(spans) {
        for (const span of spans) engine.learner.takeSpan(span)
        return true
      },
      log,
    })
    try {
      const bound = await receiver.start()
      otlp = { receiver, port: bound }
      log.info('insight takes spans', { port: bound })
      if (closing) await receiver.close()
    } catch (error) {
      log.error(`insight takes no spans: ${(error as Error).message}`)
      otlpAgain = setTimeout(() => void receiveSpans(terms), otlpAgainMs)
      otlpAgain.unref()
    }
  }
  const cluster =
    options.kubernetes == null
      ? null
      : watchCluster(options.kubernetes, (placements, now) => engine.parts.inventory.placeCluster(placements, now), {
          clock,
          log,
        })
  if (options.otlp !== null) await receiveSpans(options.otlp)

  async function saveOnce(): Promise<void> {
    const begun = clock.monotonic()
    lagMs = intake.lagMs()
    const { events } = engine.learner.counts
    await engine.save()
    savedEvents = events
    saveMs = clock.monotonic() - begun
  }

  /** Never two at once: a save that takes longer than its turn leaves the next one out. */
  function save(): Promise<void> {
    saving ??= saveOnce().finally(() => {
      saving = null
    })
    return saving
  }

  const saves = setInterval(() => void save(), saveEveryMs)
  const retains = setInterval(() => void engine.retain(clock.now()), retainEveryMs)

  return {
    ask(name, parameters) {
      const question = questions[name]
      const answer = question?.({ engine, config, now: clock.now() }, parameters)
      return answer === undefined ? null : JSON.stringify(answer)
    },
    status: () => ({
      ...engine.status(),
      ...server.status(),
      counts: engine.learner.counts,
      otlp: otlp === null ? null : { ...otlp.receiver.counts(), port: otlp.port },
      kubernetes: cluster?.status() ?? null,
      quarantined: Object.fromEntries(intake.quarantine.reasons),
      lagMs: Math.round(lagMs),
      savedEvents,
      saveMs: Math.round(saveMs),
      rssBytes: process.memoryUsage.rss(),
    }),
    async save() {
      // One that runs may have begun before what its caller wants kept.
      await saving
      await save()
    },
    configure,
    async close() {
      clearInterval(saves)
      clearInterval(retains)
      clearTimeout(otlpAgain)
      closing = true
      await Promise.all([server.close(), otlp?.receiver.close(), cluster?.close()])
      await saving
      await engine.close()
    },
  }
}
