import assert from 'node:assert/strict'
import { MessageChannel } from 'node:worker_threads'
import type { KeySet, KeySource } from '../../src/core/host.ts'
import { createKeyService, type KeyService, type KeyServiceWorld } from '../../src/identity/key-service.ts'
import { createWorkerKeys } from '../../src/identity/worker-keys.ts'
import { fakeClock, type FakeClock } from './host.ts'
import { startJwksServer, type JwksServer } from './jwks-server.ts'

/** The one attempt at an issuer in 15 s, with the margin that the key service keeps; ms. */
export const coolDownMs = 16_000

/** A key service over real HTTP and real MessageChannels, with time that only the test moves. */
export interface KeyWorld {
  readonly server: JwksServer
  readonly clock: FakeClock
  readonly service: KeyService
  /** Lines of the log: message and facts. */
  readonly log: string[]
  /** Replaces the service by one with other settings. */
  restart(settings: Partial<KeyServiceWorld>): Promise<void>
  /** One more worker, over a channel of its own. */
  worker(): (source: KeySource) => KeySet
  /** The server's JWK Set as the source of `https://issuer.example/`. */
  source(settings?: Partial<KeySource>): KeySource
  close(): Promise<void>
}

/** Starts a server that gives out `document`, and a service without sources. */
export async function openKeyWorld(document: object): Promise<KeyWorld> {
  const server = await startJwksServer()
  server.serve(document)
  const clock = fakeClock(Date.UTC(2026, 0, 1), 5_000)
  const lines: string[] = []
  const line = (message: string, facts: object = {}): void => void lines.push(`${message} ${JSON.stringify(facts)}`)
  const log = { info: line, warn: line, error: line }
  const channels: MessageChannel[] = []
  let service = createKeyService({ clock, log })
  return {
    server,
    clock,
    get service() {
      return service
    },
    log: lines,
    async restart(settings) {
      await service.close()
      service = createKeyService({ clock, log, ...settings })
    },
    worker() {
      const channel = new MessageChannel()
      channels.push(channel)
      service.attach(channel.port1)
      return createWorkerKeys(channel.port2, clock)
    },
    source: settings => ({ issuer: 'https://issuer.example/', jwks: `${server.origin}/jwks`, ...settings }),
    async close() {
      await service.close()
      for (const { port1, port2 } of channels) {
        port1.close()
        port2.close()
      }
      await server.close()
    },
  }
}

/** Until messages that were posted have arrived. */
export async function arrived(set: KeySet, done: (set: KeySet) => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000 && !done(set); turn++) await new Promise(resolve => setImmediate(resolve))
  assert.ok(done(set), 'the change never arrived')
}
