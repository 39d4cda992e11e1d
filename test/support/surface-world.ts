import assert from 'node:assert/strict'
import { explainRequest, type Explanation } from '../../src/cli/explain-request.ts'
import type { LoadedConfig } from '../../src/config/load.ts'
import { principal } from '../../src/core/principal.ts'
import { parseYaml } from '../../src/core/yaml.ts'
import { sinks } from '../../src/events/sinks/index.ts'
import { Inventory } from '../../src/insight/inventory/inventory.ts'
import type { EventRecord } from '../../src/insight/model/event-record.ts'
import type { Operation } from '../../src/insight/model/operation.ts'
import { applyPatch, type ConfigPatch } from '../../src/insight/posture/patch.ts'
import { surfacePatch, surfacePatchText } from '../../src/insight/surface/surface-patch.ts'
import { overflowedOf, surfaceOf, type Surface, type SurfaceInput } from '../../src/insight/surface/surface.ts'
import { policies } from '../../src/policies/index.ts'
import { loadWritten } from './configuration.ts'

export interface Who {
  readonly method: string
  readonly issuer?: string
  readonly subject: string
  readonly scopes?: readonly string[]
}

/** One kind of call, made `times` times with `{}` in its path counted up. */
export interface Made {
  /** null: without proof. */
  readonly who: Who | null
  readonly call: `${string} /${string}`
  readonly times?: number
  readonly host?: string
  readonly service?: string
  readonly listener?: string
  readonly client?: string
  /** What the service answered; null: the gateway refused. */
  readonly status?: number | null
  readonly day?: number
  /** Route that took it, as the event names it. */
  readonly route?: string
}

const startMs = Date.UTC(2026, 0, 1)

export function eventsOf(made: readonly Made[]): EventRecord[] {
  let n = 0
  return made.flatMap(({ who, call, times = 20, host = 'api.example.com', status = 200, ...one }) => {
    const [method = '', path = ''] = call.split(' ')
    return Array.from({ length: times }, (_, i): EventRecord => {
      n++
      return {
        time: new Date(startMs + (one.day ?? 0) * 86_400_000 + n * 1000).toISOString(),
        id: `e${n}`,
        traceId: null,
        spanId: null,
        parentId: null,
        listener: one.listener ?? '',
        protocol: 'http/1.1',
        client: one.client ?? '192.0.2.1',
        method,
        host,
        path: path.replaceAll('{}', String(1000 + i)),
        query: [],
        route: one.route ?? null,
        service: one.service ?? 'shop',
        target: null,
        status: status ?? 403,
        upstreamStatus: status,
        requestBytes: 0,
        responseBytes: 0,
        durationMs: 1,
        upstreamMs: 1,
        principal: who === null ? null : { method: who.method, issuer: who.issuer ?? null, subject: who.subject },
        verdict: status === null ? 'refuse' : 'pass',
        policy: null,
        code: null,
        reason: null,
      }
    })
  })
}

export interface World {
  readonly before: LoadedConfig
  readonly after: LoadedConfig
  readonly surface: Surface
  readonly patch: ConfigPatch
  readonly patchNotes: readonly string[]
}

/** Loads the configuration, learns the calls, and loads the configuration with the patch in it. */
export async function worldOf(
  written: Readonly<Record<string, unknown>>,
  made: readonly Made[],
  options: Partial<Pick<SurfaceInput, 'strict' | 'youngDays'>> & {
    /** Changes what was learnt. */
    readonly change?: (operation: Operation) => Operation
  } = {},
): Promise<World> {
  const before = await load(written)
  const inventory = new Inventory()
  inventory.configure(before.config)
  for (const event of eventsOf(made)) inventory.take({ event, observation: null })
  const { change = operation => operation, ...rest } = options
  const surface = surfaceOf({
    config: before.config,
    operations: inventory.operations().map(operation => change(operation)),
    toNothing: 0,
    overflowed: overflowedOf(inventory.services()),
    nowMs: inventory.nowMs,
    ...rest,
  })
  const { patch, notes } = surfacePatch(surface.plan, before.authored)
  const parsed = parseYaml(surfacePatchText(patch))
  assert.ok('value' in parsed, surfacePatchText(patch))
  const after = await load(applyPatch(written, (parsed.value ?? {}) as ConfigPatch))
  return { before, after, surface, patch, patchNotes: notes }
}

async function load(written: Readonly<Record<string, unknown>>): Promise<LoadedConfig> {
  const { loaded, issues } = await loadWritten({
    files: { 'portcullis.yaml': JSON.stringify(written) },
    policies,
    sinks,
  })
  assert.ok(loaded !== null, JSON.stringify(issues, null, 1))
  return loaded
}

/** What the gateway's own router and policies do with such a call. */
export function judge(
  config: LoadedConfig,
  who: Who | null,
  call: string,
  host = 'api.example.com',
): Promise<Explanation> {
  const [method = '', target = ''] = call.split(' ')
  const proven = who === null ? null : principal(who)
  return explainRequest(config, {
    method,
    authority: host,
    target: target.replaceAll('{}', '77'),
    headers: [],
    body: new Uint8Array(),
    from: '192.0.2.1',
    principal: proven,
  })
}
