import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { InsightReport } from '../../src/cli/insight-keeper.ts'
import type { InsightStatus } from '../../src/insight/process.ts'
import type { Span } from '../../src/insight/model/span.ts'
import { aliveOf } from '../../src/insight/traces/stored-calls.ts'
import { startGateway } from './gateway.ts'
import { freePorts } from './ports.ts'
import type { Running } from './process.ts'
import { until } from './until.ts'

export const root = path.resolve(import.meta.dirname, '../..')

export interface InsightWorldOptions {
  readonly origin: RequestListener
  /** Default 1. */
  readonly workers?: number
  /** Lines of the configuration at top level, `FOLDER` being the world's folder. */
  readonly more?: string
  /** Policies of the one route; default `anonymous`. */
  readonly policies?: string
  /** Into the braces of the one service `shop`. */
  readonly service?: string
  /** Written into the folder before the gateway starts. */
  readonly files?: Readonly<Record<string, string>>
  /** Into the braces of `insight:`, beside the recording and the receiver of spans. */
  readonly insight?: string
}

/** A gateway process in front of an origin, insight beside it: recorded in `folder/records`, state in `folder/s`. `await using` ends all and removes the folder. */
export interface InsightWorld extends AsyncDisposable {
  readonly folder: string
  readonly stateDir: string
  readonly record: string
  readonly config: string
  readonly port: number
  readonly controlPort: number
  gateway: Running
  /** An answer of the control API; `token: null` sends none. */
  ask(where: string, token?: string | null): Promise<{ readonly status: number; readonly text: string }>
  /** Insight's row of `/status`, once it holds. */
  insightWhen(what: string, holds: (status: InsightStatus, report: InsightReport) => boolean): Promise<InsightReport>
  /** Sum of a metric over its series. */
  metric(name: string): Promise<number>
  /** Starts the gateway again after it ended. */
  restart(): Promise<void>
}

export async function startInsightWorld(options: InsightWorldOptions): Promise<InsightWorld> {
  const { workers = 1, policies = '[{ use: anonymous }]', insight = '', more = '', service = '', files = {} } = options
  const folder = mkdtempSync(path.join(tmpdir(), 'pw-'))
  const origin = createServer(options.origin)
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  const [port, controlPort] = (await freePorts(2)) as [number, number]
  const stateDir = path.join(folder, 's')
  const record = path.join(folder, 'records')
  const config = path.join(folder, 'portcullis.yaml')
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text)
  writeFileSync(
    config,
    `version: 1
workers: ${workers}
stateDir: "${stateDir}"
control: { address: "127.0.0.1:${controlPort}" }
listeners: [{ name: plain, address: "127.0.0.1:${port}" }]
services: { shop: { targets: ["http://127.0.0.1:${(origin.address() as AddressInfo).port}"]${service === '' ? '' : `, ${service}`} } }
routes: [{ name: shop, match: { path: /** }, service: shop, policies: ${policies} }]
insight: { record: "${record}", otlp: { address: "127.0.0.1:0" }${insight === '' ? '' : `, ${insight}`} }
${more.replaceAll('FOLDER', folder)}
`,
  )
  const end = (): void => {
    origin.closeAllConnections()
    origin.close()
    rmSync(folder, { recursive: true, force: true })
  }
  const start = (): Promise<Running> => startGateway({ config })
  const world: InsightWorld = {
    folder,
    stateDir,
    record,
    config,
    port,
    controlPort,
    gateway: await start().catch((error: unknown) => {
      end()
      throw error
    }),
    async ask(where, token = readFileSync(path.join(stateDir, 'control-token'), 'utf8').trim()) {
      const answer = await fetch(`http://127.0.0.1:${controlPort}${where}`, {
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
      })
      return { status: answer.status, text: await answer.text() }
    },
    async insightWhen(what, holds) {
      let last: InsightReport | null = null
      try {
        return await until(what, 90_000, async () => {
          last = (JSON.parse((await world.ask('/status')).text) as { insight: InsightReport | null }).insight
          return last !== null && last.status !== null && holds(last.status, last) ? last : null
        })
      } catch (error) {
        throw new Error(
          `${(error as Error).message}; it says ${JSON.stringify(last)}\n${world.gateway.lines.slice(-12).join('\n')}`,
          { cause: error },
        )
      }
    },
    async metric(name) {
      let sum = 0
      for (const line of (await world.ask('/metrics')).text.split('\n'))
        if (line.startsWith(`${name} `) || line.startsWith(`${name}{`))
          sum += Number(line.slice(line.lastIndexOf(' ') + 1))
      return sum
    },
    async restart() {
      world.gateway = await start()
    },
    async [Symbol.asyncDispose]() {
      await world.gateway.stop().catch(() => {})
      end()
    },
  }
  try {
    await world.insightWhen('insight runs and every worker streams', status => status.connections === workers)
  } catch (error) {
    await world[Symbol.asyncDispose]()
    throw error
  }
  return world
}

/** All rows of what was learnt, in order of their keys. */
export function stateRows(folder: string): StateRow[] {
  const database = new DatabaseSync(path.join(folder, 'state.sqlite'), { readOnly: true })
  const rows = database.prepare('SELECT part, key, value FROM state ORDER BY part, key').all() as unknown as StateRow[]
  database.close()
  const isOpen = ({ part, key }: StateRow): boolean => part === 'traces' && /^(?:open|calls|alive) /.test(key)
  return [...rows.filter(row => !isOpen(row)), ...openSpans(rows.filter(isOpen))]
}

/** Spans of open traces, one by one: in which rows they stand depends on when they were saved. */
function openSpans(rows: readonly StateRow[]): StateRow[] {
  const alive = new Map(rows.flatMap(({ key, value }) => (key.startsWith('alive ') ? [[key.slice(6), value]] : [])))
  const spans = rows.flatMap(({ key, value }): Array<Pick<Span, 'traceId' | 'spanId'>> => {
    if (key.startsWith('open ')) return (JSON.parse(value) as { spans: Span[] }).spans
    if (!key.startsWith('calls ')) return []
    const written = alive.get(key.slice(6))
    return aliveOf(JSON.parse(value) as Span[], written === undefined ? undefined : JSON.parse(written))
  })
  return spans
    .map(span => ({ part: 'traces', key: `open span ${span.traceId} ${span.spanId}`, value: JSON.stringify(span) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}

export interface StateRow {
  readonly part: string
  readonly key: string
  readonly value: string
}

/** All regular files below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath, entry.name))
}
