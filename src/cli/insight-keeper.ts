import { type ChildProcess, fork } from 'node:child_process'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import type { LoadedConfig } from '../config/load.ts'
import type { Clock, Log } from '../core/host.ts'
import type { InsightAnswer } from '../control/endpoints.ts'
import type { InsightStatus } from '../insight/process.ts'
import type { Suspect } from '../response/incidents/report.ts'
import type { FromInsight, InsightBirth, ToInsight, ToldConfiguration } from './insight-messages.ts'

/** Insight's process, kept alive. */
export interface InsightKeeper {
  /** Never rejects; an insight that is away, or does not answer in time, is `away`. */
  ask(question: string, parameters: Readonly<Record<string, string>>): Promise<InsightAnswer>
  report(): InsightReport
  /** After a reload. */
  configure(loaded: Told): void
  /** Tells it to end and waits; after `withinMs` it is killed, and the last second of what was learnt is lost. */
  stop(withinMs: number): Promise<void>
}

export interface InsightReport {
  readonly running: boolean
  /** null while it is away. */
  readonly pid: number | null
  readonly restarts: number
  /** At most a second old; null while it is away. */
  readonly status: InsightStatus | null
}

/** What insight has to know of what was loaded. */
export type Told = Pick<LoadedConfig, 'config' | 'documents'>

const answerMs = 10_000
const questionsMax = 64
/** Pauses before it is started again; from the first after it has run for a minute. */
const restartMs = [200, 1000, 5000, 30_000]
const stableMs = 60_000
/** From a reload to its configuration there. */
const configureMs = 1000
/** The rest is what stands outside V8's heap: flat tables, buffers, code. With 0.7, 1,000 operations × 10,000 callers took 612 MB of 600. */
const heapShare = 0.6
/** Requests come first where processors are scarce. */
const niceness = 5

export interface KeeperParts {
  readonly clock: Clock
  readonly log: Log
  /** Told whom the gateway should act on, whenever that changed. */
  readonly onSuspects: (suspects: readonly Suspect[]) => void
}

/** Starts insight and starts it again whenever it ends. It has neither our environment nor our output, and nothing waits for it. */
export function keepInsight(birth: InsightBirth, first: Told, parts: KeeperParts): InsightKeeper {
  const { clock, log, onSuspects } = parts
  let child: ChildProcess | null = null
  let running = false
  let status: InsightStatus | null = null
  let restarts = 0
  let startedAt = 0
  let soon = 0
  let stopping = false
  let restart: NodeJS.Timeout | undefined
  let numbers = 0
  let told = first
  /** Documents that this child has. */
  let sent: Told['documents'] | null = null
  let telling: NodeJS.Timeout | undefined
  const waiting = new Map<number, (answer: InsightAnswer) => void>()

  function start(): void {
    startedAt = clock.monotonic()
    const made = fork(fileURLToPath(new URL('./insight-child.ts', import.meta.url)), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: environment(),
      // Little that insight makes lives on: a young generation of twice the size took 45 MB more and no less time.
      execArgv: [
        '--disable-sigusr1',
        '--max-semi-space-size=8',
        `--max-old-space-size=${Math.floor((birth.memoryBytesMax * heapShare) / 2 ** 20)}`,
      ],
    })
    child = made
    made.on('message', message => obey(message as FromInsight))
    made.on('error', error => log.error('insight could not be started', { cause: error.message }))
    // A message to a process that is just ending is no failure of ours.
    made.channel?.unref()
    made.once('close', (code, signal) => {
      if (child === made) died(code, signal)
    })
    if (made.pid !== undefined) {
      try {
        setPriority(made.pid, niceness)
      } catch {
        // Then it runs as we do.
      }
    }
    sent = null
    tell({ kind: 'start', birth, told: configuration() })
  }

  function died(code: number | null, signal: NodeJS.Signals | null): void {
    child = null
    running = false
    status = null
    for (const answer of waiting.values()) answer({ kind: 'away', why: 'it ended' })
    waiting.clear()
    if (stopping) return
    if (clock.monotonic() - startedAt > stableMs) soon = 0
    const pause = restartMs[Math.min(soon++, restartMs.length - 1)] as number
    restarts++
    log.error('insight ended and is started again; requests are served on', { code, signal, inMs: pause })
    restart = setTimeout(start, pause)
    restart.unref()
  }

  function obey(message: FromInsight): void {
    switch (message.kind) {
      case 'ready':
        running = true
        log.info('insight learns', { folder: birth.folder })
        return
      case 'status':
        ;({ status } = message)
        return
      case 'suspects':
        onSuspects(message.suspects)
        return
      case 'answer': {
        const { number, text, failed } = message
        waiting.get(number)?.(
          failed === true ? { kind: 'failed' } : text === null ? { kind: 'unknown' } : { kind: 'answer', body: text },
        )
        waiting.delete(number)
        return
      }
      case 'log':
        log[message.level](message.message, message.facts)
        return
      default:
        message satisfies never
    }
  }

  function tell(message: ToInsight): void {
    if (child?.connected === true) child.send(message, () => {})
  }

  /** Secrets write themselves as `[redacted]`. Documents are large and rarely change. */
  function configuration(): ToldConfiguration {
    const { config, documents } = told
    const same = sent !== null && isDeepStrictEqual(sent, documents)
    sent = documents
    return { text: JSON.stringify(config), documents: same ? null : documents }
  }

  start()
  return {
    async ask(question, parameters) {
      if (!running) return { kind: 'away', why: 'it is starting' }
      if (waiting.size >= questionsMax) return { kind: 'away', why: 'it has too many questions to answer' }
      const number = ++numbers
      const { promise, resolve } = Promise.withResolvers<InsightAnswer>()
      waiting.set(number, resolve)
      const timer = setTimeout(() => {
        waiting.delete(number)
        resolve({ kind: 'away', why: 'it did not answer in time' })
      }, answerMs)
      tell({ kind: 'ask', number, question, parameters })
      try {
        return await promise
      } finally {
        clearTimeout(timer)
      }
    },
    report: () => ({ running, pid: child?.pid ?? null, restarts, status }),
    configure(next) {
      told = next
      // A thousand reloads in a row are one change to it.
      if (telling !== undefined) return
      telling = setTimeout(() => {
        telling = undefined
        if (child?.connected === true) tell({ kind: 'configuration', told: configuration() })
      }, configureMs)
      telling.unref()
    },
    async stop(withinMs) {
      stopping = true
      clearTimeout(restart)
      clearTimeout(telling)
      const ending = child
      if (ending === null) return
      const { promise, resolve } = Promise.withResolvers<void>()
      ending.once('close', () => resolve())
      const timer = setTimeout(() => {
        log.warn('insight did not end in time and was killed; what came in its last second is lost')
        ending.kill('SIGKILL')
      }, withinMs)
      // While it starts it has taken nothing that could be lost, and on a busy machine that lasts.
      if (running) tell({ kind: 'stop' })
      else ending.kill('SIGKILL')
      await promise
      clearTimeout(timer)
    },
  }
}

/** Of our own, which may hold secrets, it gets what Node needs. */
function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'NODE_COMPILE_CACHE', 'NODE_OPTIONS', 'LD_LIBRARY_PATH']
  return Object.fromEntries(kept.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
}
