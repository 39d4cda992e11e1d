import type { Edit } from '../insight/inventory/edits.ts'
import type { ServiceSummary } from '../insight/inventory/inventory.ts'
import type { OpenApiDocument } from '../insight/inventory/openapi/document.ts'
import type { Drift, Operation, Owner } from '../insight/model/operation.ts'
import { durationWords } from './durations.ts'
import { counted } from './fail.ts'
import { grouped } from './progress.ts'
import { schemaTree, schemaWords } from './schema-words.ts'
import { inOneLine } from '../lib/unseen.ts'
import { table } from './table.ts'

/** Operations by service, one line each. */
export function listInWords(
  services: readonly ServiceSummary[],
  operations: readonly Operation[],
  unrouted: Readonly<Record<string, number>>,
): string {
  const blocks = services.flatMap(service => {
    const own = operations.filter(operation => operation.service === service.name)
    const aside = sum(Object.values(service.aside))
    if (own.length === 0 && aside === 0) return []
    const head = [
      counted(own.length, 'operation'),
      `${grouped(service.calls)} calls`,
      ...(aside > 0 ? [`${grouped(aside)} to nothing that is there`] : []),
      ...(service.overflow > 0 ? [`${grouped(service.overflow)} for which there was no room`] : []),
    ].join(', ')
    const rows = own.map(operation => [
      `  ${operation.method}`,
      operation.template,
      grouped(operation.traffic.calls),
      operation.traffic.calls === 0 ? '' : durationWords(operation.traffic.latency.p95),
      authenticationWord(operation),
      classWords(operation),
      counted(operation.distinctCallers, 'caller'),
      stateWords(operation),
    ])
    return [
      `${inOneLine(service.name)}  ${head}${service.owner === null ? '' : `\n  ${inOneLine(ownerWords(service.owner))}`}`,
      table([['  method', 'path', 'calls', '95 % within', 'proof', 'data', 'used by', 'state'], ...rows]),
      '',
    ]
  })
  const none = sum(Object.values(unrouted))
  return [
    ...(blocks.length === 0 ? ['nothing was called and nothing is declared', ''] : blocks),
    `${counted(services.length, 'service')}, ${counted(operations.length, 'operation')}${
      none > 0 ? `; ${grouped(none)} calls found no route` : ''
    }`,
  ].join('\n')
}

/** One operation, part by part. */
export function operationInWords(operation: Operation): string {
  const { traffic, authentication, owner } = operation
  const facts: Array<readonly [string, string]> = [
    ['service', operation.service],
    ['hosts', operation.hosts.join(', ') || '-'],
    ['template', `${operation.origin}, ${percent(operation.confidence)} sure`],
    ...operation.evidence.map(line => ['', line] as const),
    ['state', stateWords(operation) || operation.state],
    ...(operation.sunset === null ? [] : [['ends', operation.sunset] as const]),
    ['declared', yesNo(operation.declared)],
    ['reachable', yesNo(operation.reachable)],
    ['owner', owner === null ? 'nobody said' : ownerWords(owner)],
    ...(operation.firstSeen === '' ? [] : [['seen', `${operation.firstSeen} to ${operation.lastSeen}`] as const]),
    ['routes', operation.routes.join(', ') || '-'],
    [
      'traffic',
      `${grouped(traffic.calls)} calls, ${grouped(traffic.refused)} refused; ${Object.entries(traffic.status)
        .filter(([, calls]) => calls > 0)
        .map(([status, calls]) => `${status} ${grouped(calls)}`)
        .join(', ')}`,
    ],
    [
      'latency',
      `half within ${durationWords(traffic.latency.p50)}, 95 % ${durationWords(traffic.latency.p95)}, 99 % ${durationWords(traffic.latency.p99)}`,
    ],
    ['proof', `${authentication.verdict} (${percent(authentication.confidence)} sure)${methodWords(operation)}`],
    ...(operation.plaintextCalls === 0 ? [] : [['unencrypted', `${grouped(operation.plaintextCalls)} calls`] as const]),
  ]
  const parameters = operation.parameters.map(parameter => [
    `  ${parameter.in}`,
    `${parameter.name}${parameter.required ? '' : '?'}`,
    schemaWords(parameter.schema),
    grouped(parameter.seen),
    parameter.classes.join(', '),
    parameter.declared === false ? 'not declared' : '',
  ])
  const requests = operation.requests.flatMap(body => [
    `  ${body.mediaType || 'no media type'}  ${grouped(body.seen)} bodies`,
    ...schemaTree(body.schema, '    '),
  ])
  const responses = operation.responses.flatMap(body => [
    `  ${body.status}  ${body.mediaType || 'no body'}  ${grouped(body.seen)} times, ${grouped(body.bytes.p50)} bytes mostly`,
    ...schemaTree(body.schema, '    '),
  ])
  const callers = operation.callers
    .slice(0, 10)
    .map(({ caller, calls, refused, lastSeen }) => [
      `  ${caller}`,
      grouped(calls),
      refused === 0 ? '' : `${grouped(refused)} refused`,
      `last ${lastSeen}`,
    ])
  const more = operation.distinctCallers - callers.length
  const classes = operation.classes.map(seen => [`  ${seen.class}`, seen.where, grouped(seen.seen)])
  const drift = operation.drift.map(one => [
    `  ${one.where}`,
    declaredWords(one),
    `seen ${one.seen}`,
    one.calls === 0 ? '' : counted(one.calls, 'call'),
  ])
  return [
    inOneLine(`${operation.method} ${operation.template}`),
    table(facts.map(([name, value]) => [`  ${name}`, value])),
    ...section('parameters', table(parameters)),
    ...section('request', requests.join('\n')),
    ...section('responses', responses.join('\n')),
    ...section('data', table(classes)),
    ...section('callers', table(callers) + (more > 0 ? `\n  … and ${grouped(more)} more` : '')),
    ...section('differs from its document', table(drift)),
    ...section(
      'signs in responses',
      table(Object.entries(operation.marks).map(([mark, times]) => [`  ${mark}`, grouped(times)])),
    ),
  ].join('\n')
}

/** What differs from documents and configuration, and the operators' list. */
export function changesInWords(
  operations: readonly Operation[],
  edits: readonly Edit[],
  documents: ReadonlyArray<{ readonly service: string; readonly document: OpenApiDocument }>,
): string {
  const standing = (word: string): string =>
    table(
      operations
        .filter(operation => (operation.standing as readonly string[]).includes(word))
        .map(operation => [
          `  ${operation.id}`,
          operation.used ? `${grouped(operation.traffic.calls)} calls` : 'never called',
          operation.lastSeen === '' ? '' : `last ${operation.lastSeen}`,
          operation.state === 'live' ? '' : operation.state,
        ]),
    )
  const unreachable = table(
    operations
      .filter(({ declared, reachable }) => declared === true && reachable === false)
      .map(operation => [`  ${operation.id}`, 'declared, but no route lets it through']),
  )
  const drift = operations.flatMap(operation =>
    operation.drift.map(one => [
      `  ${operation.id}`,
      one.where,
      declaredWords(one),
      `seen ${one.seen}`,
      one.calls === 0 ? '' : counted(one.calls, 'call'),
    ]),
  )
  const edited = edits.map(edit => [
    `  ${edit.number}`,
    Object.values(edit.change)
      .filter(value => value !== null)
      .join(' '),
    edit.author,
    edit.time,
    edit.undone === null ? edit.reason : `taken back by ${edit.undone.author}: ${edit.undone.reason}`,
  ])
  const parts = [
    ...section('shadow: called, but in no document', standing('shadow')),
    ...section('zombie: called, though deprecated, retired or replaced', standing('zombie')),
    ...section('orphan: declared, but never called', standing('orphan')),
    ...section('unreachable', unreachable),
    ...section('drift: calls and document differ', table(drift)),
    ...section('edits', table(edited)),
  ]
  if (parts.length > 0) return parts.join('\n').trimStart()
  return documents.length === 0
    ? 'No document says what should be there: name some with --openapi.'
    : `${counted(documents.length, 'document')} and the traffic agree.`
}

function section(title: string, text: string): string[] {
  return text === '' ? [] : ['', title, text]
}

function authenticationWord({ authentication, used }: Operation): string {
  if (!used) return ''
  return authentication.confidence === 0 ? 'unknown' : authentication.verdict
}

function methodWords({ authentication }: Operation): string {
  const words = Object.entries(authentication.methods).map(([method, calls]) => `${method} ${grouped(calls)}`)
  if (authentication.anonymousAnswered > 0) words.push(`without any ${grouped(authentication.anonymousAnswered)}`)
  return words.length === 0 ? '' : `: ${words.join(', ')}`
}

function classWords({ classes }: Operation): string {
  const names = [...new Set(classes.map(seen => seen.class))]
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} +${names.length - 3}` : names.join(', ')
}

/** `zombie, deprecated`, `shadow`, '' for what is live and in order. */
function stateWords({ standing, state, used, pinned, ignored, drift }: Operation): string {
  return [
    ...standing,
    ...(state === 'live' ? [] : [state]),
    ...(used || standing.includes('orphan') ? [] : ['never called']),
    ...(drift.length > 0 ? [`${drift.length} × drift`] : []),
    ...(pinned ? ['pinned'] : []),
    ...(ignored ? ['ignored'] : []),
  ].join(', ')
}

function ownerWords(owner: Owner): string {
  const parts = (['tenant', 'application', 'service', 'workload', 'pod', 'contact'] as const).flatMap(field =>
    owner[field] === null ? [] : [`${field} ${owner[field]}`],
  )
  return `${parts.join(', ')} (${owner.source})`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share >= 0.995 ? 0 : 1)} %`
}

function declaredWords({ declared }: Drift): string {
  return declared === 'not declared' ? declared : `declared ${declared}`
}

function yesNo(known: boolean | null): string {
  return known === null ? 'nothing says' : known ? 'yes' : 'no'
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
