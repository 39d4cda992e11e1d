// Hot path: once per event.
import { eventSpan, isFailure, spanDurationUs, spanName } from '../../events/event-span.ts'
import { timeMs } from '../../lib/time-ms.ts'
import { isDurationUs, isTimeUs, keptAttributes } from '../ingest/spans/span-fields.ts'
import type { EventRecord } from '../model/event-record.ts'
import type { Span } from '../model/span.ts'

/** Under which our own hop stands in trees and on the map. */
export const gatewayService = 'portcullis'

const noResource: Span['resource'] = Object.freeze({})
const namesMax = 4096

/**
 * An exchange through our own gateway while its trace is open: what its span is made of, and no more. Most are alone in their trace (compact-calls) and
 * nobody ever asks for their span, so it is made for the others only (`wholeSpan`), at six times the cost.
 */
export interface OwnCall
  extends Pick<Span, 'traceId' | 'spanId' | 'parentId' | 'name' | 'startUs' | 'durationUs' | 'error'>,
    Pick<
      EventRecord,
      'client' | 'principal' | 'listener' | 'method' | 'host' | 'path' | 'route' | 'status' | 'verdict' | 'code'
    > {
  readonly own: true
  readonly service: typeof gatewayService
  /** Service of the configuration that it was forwarded to; null: it was not. */
  readonly forwarded: string | null
}

/** What has come for a trace that is open. */
export type Arrived = Span | OwnCall

export function isOwnCall(arrived: Arrived): arrived is OwnCall {
  return 'own' in arrived
}

/** What is worked out of an event for its call. */
export type CallFacts = Pick<OwnCall, 'name' | 'startUs' | 'durationUs' | 'error'>

/** Reads the calls of events; null when the event belongs to no trace or its times are none. One per stream: it remembers names. */
export function createCallFacts(): (event: EventRecord) => CallFacts | null {
  const names = new Map<string, Map<string | null, string>>()
  let remembered = 0

  function nameOf(event: EventRecord): string {
    const known = names.get(event.method)?.get(event.route)
    if (known !== undefined) return known
    const name = spanName(event)
    if (remembered++ >= namesMax) {
      names.clear()
      remembered = 1
    }
    const routes = names.get(event.method)
    if (routes === undefined) names.set(event.method, new Map([[event.route, name]]))
    else routes.set(event.route, name)
    return name
  }

  return event => {
    if (event.traceId === null || event.spanId === null) return null
    const startUs = timeMs(event.time) * 1000
    const durationUs = spanDurationUs(event)
    if (!isTimeUs(startUs) || !isDurationUs(durationUs)) return null
    return { name: nameOf(event), startUs, durationUs, error: isFailure(event) }
  }
}

/** The call of an event that has a trace id and a span id. */
export function ownCall(event: EventRecord, { name, startUs, durationUs, error }: CallFacts): OwnCall {
  const { traceId, spanId, parentId, client, principal, listener, method, host, path, route, status } = event
  return {
    own: true,
    traceId: traceId ?? '',
    spanId: spanId ?? '',
    parentId,
    service: gatewayService,
    name,
    startUs,
    durationUs,
    error,
    forwarded: event.target === null ? null : event.service,
    client,
    principal,
    listener,
    method,
    host,
    path,
    route,
    status,
    verdict: event.verdict,
    code: event.code,
  }
}

/** A call as the span that it is. */
export function wholeSpan(arrived: Arrived): Span {
  if (!isOwnCall(arrived)) return arrived
  const { traceId, spanId, parentId, service, name, startUs, durationUs, error, forwarded } = arrived
  // Protocol and time are not read of what is kept here.
  const { attributes } = eventSpan({
    ...arrived,
    service: forwarded,
    target: forwarded,
    time: '',
    protocol: '',
    durationMs: 0,
  })
  const kept: Record<string, string | number> = {}
  for (const key of keptAttributes) {
    const value = attributes[key]
    if (value !== undefined) kept[key] = value
  }
  return {
    traceId,
    spanId,
    parentId,
    service,
    name,
    kind: 'server',
    startUs,
    durationUs,
    error,
    resource: noResource,
    attributes: kept,
  }
}

/** Did this span come through our gateway, so that its parent is what a caller wrote? */
export function isOwnSpan(span: Span): boolean {
  return span.service === gatewayService && span.attributes['portcullis.listener'] !== undefined
}

/** Who made the call, to tell strangers under one trace id apart: the verified principal, else the address. */
export function callerOf({ principal, client }: Pick<EventRecord, 'principal' | 'client'>): string {
  return principal === null ? client : JSON.stringify([principal.method, principal.issuer, principal.subject])
}
