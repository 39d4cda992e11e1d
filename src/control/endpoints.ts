import type { ConfigIssue } from '../core/config-error.ts'
import type { ChangeResult } from '../insight/detection/ask.ts'
import { wantedChangeSchema } from '../insight/detection/wanted-change.ts'
import { type EditResult, wantedEditSchema } from '../insight/inventory/take-edit.ts'
import { type ActionResult, wantedActionSchema } from '../response/take-action.ts'
import { prometheusContentType } from '../lib/prometheus-text.ts'
import { type Answer, jsonAnswer, problemAnswer, refuse } from './answer.ts'
import { openapiDocument } from './openapi.ts'

/** Everything live that the control API shows or does, handed in by cli. */
export interface ControlLive {
  ready(): { readonly ready: boolean; readonly why: readonly string[] }
  /** Plain data; part of it is shown as it is, so no secrets. */
  status(): object
  /** Prometheus text. */
  metrics(): string
  /** The configuration in force as it was written: references stay references, Secrets print as `[redacted]`. */
  config(): object
  /** Loads the configuration anew; `ok: false` with issues when it is refused and the last good one stays. */
  reload(): Promise<ReloadResult>
  /** Asks insight; never rejects. */
  ask(question: string, parameters: Readonly<Record<string, string>>): Promise<InsightAnswer>
}

/** What insight says: JSON text; or that there is no such thing; or that it does not answer, and why; or that it failed. */
export type InsightAnswer =
  | { readonly kind: 'answer'; readonly body: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'away'; readonly why: string }
  | { readonly kind: 'failed' }

export interface ReloadResult {
  readonly ok: boolean
  /** Of the configuration that is in force now. */
  readonly version: number
  readonly issues?: readonly ConfigIssue[]
}

/** What a request says beyond its method. */
export interface Given {
  /** Values of the path's variables. */
  readonly parameters: Readonly<Record<string, string>>
  /** Parsed JSON, unchecked; undefined where the endpoint takes none. */
  readonly body: unknown
}

export interface Endpoint {
  /** `{name}` stands for one segment. */
  readonly path: string
  readonly method: 'GET' | 'POST'
  /** Served without a token, and on the health listener too. */
  readonly open: boolean
  readonly summary: string
  /** Statuses that it gives when it is let through, with their media type. */
  readonly answers: Readonly<Record<number, { readonly type: string; readonly what: string; readonly schema?: object }>>
  /** JSON Schema of the body; absent: a body means nothing. */
  readonly body?: object
  run(live: ControlLive, trusted: boolean, given: Given): Answer | Promise<Answer>
}

const json = 'application/json'
const problem = 'application/problem+json'

/** All endpoints of the control API; the OpenAPI document is made from this table. */
export const endpoints: readonly Endpoint[] = [
  {
    path: '/health/live',
    method: 'GET',
    open: true,
    summary: 'Does the process answer?',
    answers: { 200: { type: json, what: 'It does.', schema: objectOf({ live: { const: true } }) } },
    run: () => jsonAnswer(200, { live: true }),
  },
  {
    path: '/health/ready',
    method: 'GET',
    open: true,
    summary: 'Do all listeners accept with a configuration in force? With a token the answer says why not.',
    answers: {
      200: { type: json, what: 'Send traffic.', schema: objectOf({ ready: { const: true } }) },
      503: { type: problem, what: 'Send no traffic.' },
    },
    run(live, trusted) {
      const { ready, why } = live.ready()
      // Reasons name issuers and files: not for strangers.
      return ready ? jsonAnswer(200, { ready: true }) : problemAnswer(refuse('not-ready'), trusted ? { why } : {})
    },
  },
  {
    path: '/metrics',
    method: 'GET',
    open: false,
    summary: 'Metrics as Prometheus text 0.0.4.',
    answers: { 200: { type: prometheusContentType, what: 'All metrics of the process.', schema: { type: 'string' } } },
    run: live => ({ status: 200, type: prometheusContentType, body: live.metrics() }),
  },
  {
    path: '/status',
    method: 'GET',
    open: false,
    summary: 'What runs: version, configuration, workers, listeners, sinks, key sets.',
    answers: { 200: { type: json, what: 'The state of the process.', schema: { type: 'object' } } },
    run: live => jsonAnswer(200, live.status()),
  },
  {
    path: '/config',
    method: 'GET',
    open: false,
    summary: 'The configuration in force, as it was written; secrets are redacted.',
    answers: { 200: { type: json, what: 'The configuration.', schema: { type: 'object' } } },
    run: live => jsonAnswer(200, live.config()),
  },
  {
    path: '/reload',
    method: 'POST',
    open: false,
    summary: 'Loads the configuration, certificates and keys anew: all of it or nothing.',
    answers: {
      200: {
        type: json,
        what: 'It is in force.',
        schema: objectOf({ ok: { const: true }, version: { type: 'integer' } }),
      },
      422: { type: problem, what: 'It is refused; `issues` says where and why, `version` is the one that stays.' },
    },
    async run(live) {
      const { ok, version, issues = [] } = await live.reload()
      return ok ? jsonAnswer(200, { ok, version }) : problemAnswer(refuse('config-rejected'), { version, issues })
    },
  },
  insight('/inventory', 'inventory', 'All operations, with what is known of them.'),
  insight('/inventory/edits', 'edits', 'What operators said of the inventory, and what they took back.'),
  {
    path: '/inventory/edits',
    method: 'POST',
    open: false,
    summary:
      'Says what the inventory cannot know: an edit that holds until it is taken back. Words as `portcullis inventory edit` takes them.',
    body: wantedEditSchema,
    answers: {
      200: { type: json, what: 'The edit, with its number.', schema: { type: 'object' } },
      415: { type: problem, what: 'The body is not application/json.' },
      422: { type: problem, what: 'It cannot hold; `detail` says why. Nothing was changed.' },
      503: { type: problem, what: 'Insight does not answer now; `detail` says why.' },
    },
    async run(live, _trusted, { body }) {
      const answer = await live.ask('edit', { wanted: JSON.stringify(body) })
      if (answer.kind !== 'answer') return withoutAnswer(answer)
      const result = JSON.parse(answer.body) as EditResult
      return 'refused' in result
        ? problemAnswer(refuse('edit-refused', { detail: result.refused }))
        : jsonAnswer(200, result.edit)
    },
  },
  insight('/services', 'services', 'Services: operations, calls, owners over time.'),
  insight('/posture', 'posture', 'Weak points with evidence and fixes, and scores.'),
  insight(
    '/surface',
    'surface',
    'Who can reach what from where, what was never used, and the routes that leave only what was.',
  ),
  insight('/traces', 'traces', 'Traces that are kept, tree shapes, and what became of all spans.'),
  insight('/traces/{id}', 'trace', 'The call trees of one trace.'),
  insight('/service-map', 'service-map', 'Which service calls which: rates, errors, latencies.'),
  insight(
    '/incidents',
    'incidents',
    'What detectors found, put together: who, whence, about what, why, and what was normal.',
  ),
  insight(
    '/would-refuse',
    'would-refuse',
    'Callers and calls that policy `behaviour` with `action: block` would have turned away, whether or not it stands anywhere.',
  ),
  insight('/incidents/{number}', 'incident', 'One incident.'),
  {
    path: '/incidents/{number}',
    method: 'POST',
    open: false,
    summary: 'Acknowledges, closes or reopens an incident, or accepts what it is about as normal.',
    body: wantedActionSchema,
    answers: {
      200: { type: json, what: 'The incident as it is then.', schema: { type: 'object' } },
      415: { type: problem, what: 'The body is not application/json.' },
      422: { type: problem, what: 'Nothing was done; `detail` says why.' },
      503: { type: problem, what: 'Insight does not answer now; `detail` says why.' },
    },
    async run(live, _trusted, { parameters, body }) {
      const wanted = JSON.stringify(body)
      const answer = await live.ask('incident-action', { number: parameters['number'] ?? '', wanted })
      if (answer.kind !== 'answer') return withoutAnswer(answer)
      const result = JSON.parse(answer.body) as ActionResult
      return 'refused' in result
        ? problemAnswer(refuse('action-refused', { detail: result.refused }))
        : jsonAnswer(200, result.incident)
    },
  },
  insight(
    '/findings',
    'findings',
    'What detectors found, one by one, the newest first, and what they had no room for.',
  ),
  insight(
    '/baselines',
    'baselines',
    'What is normal for each metric and what is allowed, the split of the budget of false alarms, the scenario in force, changes by people, and new shapes that wait.',
  ),
  {
    path: '/baselines',
    method: 'POST',
    open: false,
    summary:
      'Sets a threshold or hands it back to learning, tries one on what was judged lately, accepts what was learnt, takes a change back, begins a scenario, admits a new shape.',
    body: wantedChangeSchema,
    answers: {
      200: { type: json, what: 'The version that it made, or what would have alarmed.', schema: { type: 'object' } },
      415: { type: problem, what: 'The body is not application/json.' },
      422: { type: problem, what: 'Nothing was changed; `detail` says why.' },
      503: { type: problem, what: 'Insight does not answer now; `detail` says why.' },
    },
    async run(live, _trusted, { body }) {
      const answer = await live.ask('baseline-change', { wanted: JSON.stringify(body) })
      if (answer.kind !== 'answer') return withoutAnswer(answer)
      const result = JSON.parse(answer.body) as ChangeResult
      return 'refused' in result
        ? problemAnswer(refuse('baseline-refused', { detail: result.refused }))
        : jsonAnswer(200, result)
    },
  },
  insight('/coverage', 'coverage', 'Pairs of services that talk, and how many of their calls are traced.'),
  {
    path: '/openapi.json',
    method: 'GET',
    open: false,
    summary: 'This API as OpenAPI 3.1.',
    answers: { 200: { type: json, what: 'The document.', schema: { type: 'object' } } },
    run: () => jsonAnswer(200, openapiDocument(endpoints)),
  },
]

/** An endpoint that insight's process answers. */
function insight(path: string, question: string, summary: string): Endpoint {
  return {
    path,
    method: 'GET',
    open: false,
    summary,
    answers: {
      200: { type: json, what: 'What insight learnt.', schema: { type: 'object' } },
      404: { type: problem, what: 'Insight knows of no such thing.' },
      503: {
        type: problem,
        what: 'Insight is not configured, starting, or too busy; `detail` says which. Traffic is served on.',
      },
    },
    async run(live, _trusted, { parameters }) {
      const answer = await live.ask(question, parameters)
      return answer.kind === 'answer' ? { status: 200, type: json, body: `${answer.body}\n` } : withoutAnswer(answer)
    },
  }
}

function withoutAnswer(answer: Exclude<InsightAnswer, { kind: 'answer' }>): Answer {
  switch (answer.kind) {
    case 'unknown':
      return problemAnswer(refuse('not-known'))
    case 'away':
      return problemAnswer(refuse('insight-away', { detail: `Insight does not answer: ${answer.why}.` }))
    case 'failed':
      return problemAnswer(refuse('internal'))
    default:
      return answer satisfies never
  }
}

/** The values of a path's variables; null when it is another path. */
export function parametersOf({ path: template }: Endpoint, path: string): Readonly<Record<string, string>> | null {
  if (template === path) return {}
  if (!template.includes('{')) return null
  const parts = template.split('/')
  const segments = path.split('/')
  if (parts.length !== segments.length) return null
  const parameters: Record<string, string> = Object.create(null)
  for (const [i, part] of parts.entries()) {
    const segment = segments[i] as string
    if (!part.startsWith('{')) {
      if (part !== segment) return null
    } else if (/^[A-Za-z0-9._~-]{1,200}$/.test(segment)) parameters[part.slice(1, -1)] = segment
    else return null
  }
  return parameters
}

function objectOf(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', required: Object.keys(properties), properties }
}
