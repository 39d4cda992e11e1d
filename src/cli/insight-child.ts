import type { Config } from '../config/types.ts'
import type { Log } from '../core/host.ts'
import { systemClock } from '../gateway/system-clock.ts'
import { fieldChoice } from '../insight/model/field-choice.ts'
import { createReducer } from '../insight/observe/reduce.ts'
import { type Insight, startInsight, type Told } from '../insight/process.ts'
import { createResponse, type Response } from '../response/response.ts'
import type { FromInsight, ToInsight, ToldConfiguration } from './insight-messages.ts'

// The entry of insight's process. It lives as long as main's channel to it, and obeys main alone: signals that a terminal or a service manager
// sends to all processes are main's to answer, which then tells it to stop, when the last exchanges are in the socket.

process.umask(0o077)
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

const statusEveryMs = 1000
const clock = systemClock()
let insight: Insight | null = null
let response: Response | null = null
let toldSuspects = ''
let ending = false
let started: Promise<void> = Promise.resolve()

const say = (message: FromInsight): void => {
  if (process.connected) process.send?.(message, () => {})
}
const line =
  (level: 'info' | 'warn' | 'error'): Log['info'] =>
  (message, facts) =>
    say({ kind: 'log', level, message, ...(facts === undefined ? {} : { facts }) })
const log: Log = { info: line('info'), warn: line('warn'), error: line('error') }

process.on('message', (message: ToInsight) => {
  switch (message.kind) {
    case 'start':
      started = start(message)
      return
    case 'configuration':
      void started.then(() => configure(message.told))
      return
    case 'ask':
      void answer(message)
      return
    case 'stop':
      void end(0)
      return
    default:
      message satisfies never
  }
})
process.on('disconnect', () => void end(0))

async function start({ birth, told }: Extract<ToInsight, { kind: 'start' }>): Promise<void> {
  try {
    const reduce = createReducer({ hashKey: birth.hashKey, fields: fieldChoice(birth.fields) })
    insight = await startInsight({
      ...birth,
      told: toldOf(told),
      join(parts) {
        response = createResponse(parts)
        return response.parts
      },
      reduce,
      clock,
      log,
    })
  } catch (error) {
    log.error(`insight did not start: ${(error as Error).message}`)
    return end(1)
  }
  if (ending) return end(0)
  say({ kind: 'ready' })
  setInterval(() => {
    if (insight === null) return
    say({ kind: 'status', status: insight.status() })
    tellSuspects()
  }, statusEveryMs).unref()
}

function tellSuspects(): void {
  const suspects = response?.suspects(clock.now()) ?? []
  const text = JSON.stringify(suspects)
  if (text === toldSuspects) return
  toldSuspects = text
  say({ kind: 'suspects', suspects })
}

function toldOf({ text, documents }: ToldConfiguration): Told {
  return { config: JSON.parse(text) as Config, documents }
}

function configure(told: ToldConfiguration): void {
  try {
    insight?.configure(toldOf(told))
  } catch (error) {
    log.error('insight could not take the configuration', { cause: (error as Error).stack ?? String(error) })
  }
}

async function answer({ number, question, parameters }: Extract<ToInsight, { kind: 'ask' }>): Promise<void> {
  try {
    const answered = response?.ask(question, parameters, clock.now())
    const text = answered === undefined ? (insight?.ask(question, parameters) ?? null) : JSON.stringify(answered)
    // A person's word takes effect at once, and is on disk before they hear that it was taken.
    tellSuspects()
    if (parameters['wanted'] !== undefined) await insight?.save()
    say({ kind: 'answer', number, text })
  } catch (error) {
    log.error(`insight could not answer ${question}`, { cause: (error as Error).stack ?? String(error) })
    say({ kind: 'answer', number, text: null, failed: true })
  }
}

async function end(code: number): Promise<void> {
  ending = true
  const open = insight
  insight = null
  try {
    await open?.close()
  } catch (error) {
    log.error('insight did not close', { cause: String(error) })
    code = 1
  }
  if (process.connected) process.disconnect?.()
  process.exit(code)
}
