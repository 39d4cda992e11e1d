import { MessageChannel, Worker } from 'node:worker_threads'
import type { ConfigIssue } from '../core/config-error.ts'
import type { Log } from '../core/host.ts'
import type { KeyService } from '../identity/key-service.ts'
import type { Answer, FromWorker, Order, ToWorker, WorkerBirth } from './messages.ts'

export interface WorkerThreadInit {
  readonly birth: Omit<WorkerBirth, 'keys'>
  readonly keys: Pick<KeyService, 'attach'>
  readonly log: Log
  /** Gives each order of the process another number. */
  readonly nextNumber: () => number
  /** The thread is gone, whoever ended it. */
  readonly died: (exitCode: number) => void
  /** What the thread runs: worker.ts. */
  readonly entry?: URL
}

/** Main's side of one worker thread: sends orders and waits for the answers. */
export class WorkerThread {
  readonly index: number
  readonly #worker: Worker
  readonly #asked = new Map<number, (answer: Answer | null) => void>()
  readonly #nextNumber: () => number
  #alive = true

  constructor({ birth, keys, log, nextNumber, died, entry }: WorkerThreadInit) {
    this.index = birth.index
    this.#nextNumber = nextNumber
    const channel = new MessageChannel()
    const detach = keys.attach(channel.port1)
    this.#worker = new Worker(entry ?? new URL('./worker.ts', import.meta.url), {
      workerData: { ...birth, keys: channel.port2 } satisfies WorkerBirth,
      transferList: [channel.port2],
      name: `data-plane-${birth.index}`,
      // What one turn leaves behind is dead by the next; a young generation that stays in the cache makes a request some 10 % cheaper.
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    })
    this.#worker.on('message', (message: FromWorker) => {
      if (message.kind === 'log') log[message.level](message.message, { worker: birth.index, ...message.facts })
      else this.#asked.get(message.number)?.(message)
    })
    this.#worker.on('error', error =>
      log.error('a worker crashed', {
        worker: birth.index,
        cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
    )
    this.#worker.on('exit', code => {
      this.#alive = false
      detach()
      for (const settle of this.#asked.values()) settle(null)
      died(code)
    })
  }

  get alive(): boolean {
    return this.#alive
  }

  /** Gives an order. Resolves with its number and what the worker objects to; a thread that dies or stays silent for `withinMs` objects too. */
  order(order: Order, withinMs: number): Promise<{ number: number; issues: readonly ConfigIssue[] }> {
    const number = this.#nextNumber()
    return new Promise(resolve => {
      const settle = (issues: readonly ConfigIssue[]): void => {
        clearTimeout(timer)
        this.#asked.delete(number)
        resolve({ number, issues })
      }
      const silent = (why: string): void => settle([{ pointer: '', reason: `worker ${this.index}: ${why}` }])
      const timer = setTimeout(() => silent(`no answer within ${withinMs} ms`), withinMs)
      if (!this.#alive) return silent('it is dead')
      this.#asked.set(number, answer => (answer === null ? silent('it died') : settle(answer.issues)))
      this.#post({ ...order, number })
    })
  }

  /** Makes it drop what it prepared. */
  abort(): void {
    this.#post({ kind: 'abort' })
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message)
  }
}
