import { eventSpan } from '../../events/event-span.ts'
import { isDurationUs, isTimeUs, keptAttributes } from '../ingest/spans/span-fields.ts'
import type { EventRecord } from '../model/event-record.ts'
import type { Span } from '../model/span.ts'

/** Under which our own hop stands in trees and on the map. */
export const gatewayService = 'portcullis'

const noResource: Span['resource'] = Object.freeze({})

/** The span of an exchange from its event; null when the event belongs to no trace or its times are none. */
export function ownSpan(event: EventRecord): Span | null {
  const { traceId, spanId, parentId } = event
  if (traceId === null || spanId === null) return null
  const { name, startUs, durationUs, error, attributes } = eventSpan(event)
  if (!isTimeUs(startUs) || !isDurationUs(durationUs)) return null
  const kept: Record<string, string | number> = {}
  for (const key of keptAttributes) {
    const value = attributes[key]
    if (value !== undefined) kept[key] = value
  }
  return {
    traceId,
    spanId,
    parentId,
    service: gatewayService,
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
export function callerOf({ principal, client }: EventRecord): string {
  return principal === null ? client : JSON.stringify([principal.method, principal.issuer, principal.subject])
}
