import { lookup } from 'node:dns'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Exchange } from '../../src/core/exchange.ts'
import type { Outcome } from '../../src/core/outcome.ts'
import type { Contents } from '../../src/events/stream/frame-encoder.ts'
import type { Compiled } from '../../src/core/policy.ts'
import { principal } from '../../src/core/principal.ts'
import { PASS } from '../../src/core/verdict.ts'
import { Crossing } from '../../src/gateway/crossing.ts'
import { compileChain, type Link } from '../../src/gateway/pipeline.ts'
import type { Plane } from '../../src/gateway/plane.ts'
import { Router } from '../../src/gateway/router.ts'
import type { CompiledRoute, Snapshot } from '../../src/gateway/snapshot.ts'
import { Budget } from '../../src/net/budget.ts'
import { FieldNames } from '../../src/net/h1/field-names.ts'
import { ServerConnection, type ServerSettings } from '../../src/net/h1/server-connection.ts'
import type { UpstreamConnection } from '../../src/net/h1/upstream-connection.ts'
import { Pulse } from '../../src/net/pulse.ts'
import { ServicePool } from '../../src/upstream/service-pool.ts'
import { until } from './connection-desk.ts'
import { testHost } from './host.ts'

export interface WorldOptions {
  /** What the one policy beside `anonymous` does: `inspect` for request, body and response, or `transform` if `changes`. */
  readonly policy?: Compiled
  readonly changes?: true
  readonly observe?: true
  readonly connectionsMax?: number
  readonly bufferedBodyMax?: number
  readonly bodyMax?: number
  readonly budget?: number
  /** Raw service: gets each connection. */
  readonly service: (socket: Socket) => void
}

/** Crossings in this process, between a raw service and whatever client connects: what a worker is without threads and configuration. */
export interface World extends AsyncDisposable {
  readonly port: number
  readonly budget: Budget
  readonly pulse: Pulse
  /** Every exchange that ended, with how. */
  readonly outcomes: Array<{ readonly x: Exchange; readonly outcome: Outcome; readonly contents: Contents | null }>
  /** Exchanges in flight. */
  inFlight(): number
  /** Called right after the gateway took a request in, in the same turn of the loop. */
  onRequest: (() => void) | null
  /** The connection that the next exchange will get, or null. */
  idle(): UpstreamConnection | null
  /** Connections that reached the service. */
  readonly services: Socket[]
}

export async function crossingWorld(options: WorldOptions): Promise<World> {
  const services: Socket[] = []
  const service = createServer({ noDelay: true }, socket => {
    services.push(socket)
    socket.on('error', () => {})
    options.service(socket)
  })
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  const pulse = new Pulse()
  pulse.stop()
  const budget = new Budget(options.budget ?? 64 * 1024 * 1024)
  const outcomes: World['outcomes'] = []
  let inFlight = 0
  const host = testHost()
  const port = (service.address() as AddressInfo).port
  const pool = new ServicePool(
    [
      {
        url: `http://127.0.0.1:${port}`,
        authority: `127.0.0.1:${port}`,
        address: { kind: 'tcp', host: '127.0.0.1', port },
        tls: null,
      },
    ],
    {
      connectMs: 5000,
      timeouts: { responseMs: 60_000, idleMs: 60_000, keepAliveMs: 60_000 },
      connectionsMax: options.connectionsMax ?? 100,
      lookup,
    },
    pulse,
    () => {},
  )
  const link = (policy: string, compiled: Compiled): Link => ({
    policy,
    id: policy,
    observe: policy === 'tested' && options.observe === true,
    answersStrangers: false,
    compiled,
  })
  const anyone = link('anyone', {
    request: x => {
      x.principal = principal({ method: 'anonymous', subject: 'anyone' })
      return PASS
    },
  })
  const tested = options.policy === undefined ? [] : [link('tested', options.policy)]
  const router = new Router<CompiledRoute>()
  router.add({
    hosts: [],
    path: '/**',
    methods: [],
    headers: {},
    value: {
      chain: compileChain({
        route: { name: 'all', service: 'service' },
        admit: [],
        identify: [[anyone]],
        authorize: [],
        limit: [],
        inspect: options.changes ? [] : tested,
        transform: options.changes ? tested : [],
        bufferedBodyMax: options.bufferedBodyMax ?? 1024 * 1024,
      }),
      service: { name: 'service', pool, host: null },
      stripPrefix: '',
      writesParameters: false,
      bodyMax: options.bodyMax ?? Number.POSITIVE_INFINITY,
      learn: true,
      trace: 'trusted',
    },
  })
  const names = new FieldNames()
  const snapshot: Snapshot = {
    version: 1,
    router: router.seal(),
    names,
    trustedProxies: null,
    open: 0,
    retired: false,
    close: () => {},
  }
  let ids = 0
  const plane: Plane = {
    snapshot,
    clock: host.clock,
    log: host.log,
    budget,
    learns: true,
    record: (x, outcome, contents) => void outcomes.push({ x, outcome, contents }),
    upstreamError: () => {},
    requestId: () => `id-${++ids}`,
    tracer: { begin() {}, distrust() {} },
    inFlight: delta => void (inFlight += delta),
  }
  const settings: ServerSettings = {
    listener: 'world',
    secure: false,
    names,
    limits: {
      headBytesMax: 32 * 1024,
      fieldsMax: 100,
      urlBytesMax: 8192,
      requestsPerConnectionMax: 1000,
      headTimeoutMs: 10_000,
      idleTimeoutMs: 60_000,
      progressTimeoutMs: 30_000,
    },
    budget,
    pulse,
    handler: {
      request: (connection, head) => {
        const crossing = new Crossing(plane, { name: 'world', fields: '' }, snapshot, connection, head)
        queueMicrotask(() => world.onRequest?.())
        return crossing
      },
      refused: connection => connection.destroy(),
      closed: () => {},
    },
  }
  const clients: Socket[] = []
  const connections: ServerConnection[] = []
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    clients.push(socket)
    connections.push(new ServerConnection(socket, { address: '127.0.0.1', port: 1 }, null, settings))
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const world: World = {
    onRequest: null,
    idle: () => {
      let found: UpstreamConnection | null = null
      pool.take(connection => {
        found = connection
        connection?.giveBack()
      })
      return found
    },
    port: (listener.address() as AddressInfo).port,
    budget,
    pulse,
    outcomes,
    inFlight: () => inFlight,
    services,
    [Symbol.asyncDispose]: async () => {
      for (const socket of [...clients, ...services]) socket.destroy()
      pool.close()
      listener.close()
      service.close()
      // However an exchange ended: it ended, and nothing stays charged.
      await until(() => inFlight === 0 && snapshot.open === 0, 'every exchange ends')
      await until(() => budget.used === 0, 'the budget is released')
    },
  }
  return world
}
