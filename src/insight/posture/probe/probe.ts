import { createHash, randomBytes } from 'node:crypto'
import type { Severity } from '../../../core/finding.ts'
import { estateOf, type Endpoint } from '../estate.ts'
import type { ImportedFinding } from '../import/imported.ts'
import type { PostureInput } from '../input.ts'
import { type Ask, createAsk, type ProbeAnswer, type ProbeIdentity } from './ask.ts'
import { probeAuthentication } from './authentication.ts'
import { probeMethods } from './methods.ts'
import { probeObjects } from './objects.ts'
import { createPace, type PaceTerms } from './pace.ts'
import { PathValues } from './path-values.ts'
import type { ProbePoint } from './probe-point.ts'
import { probeRules, type ProbeRuleId, probeTool } from './terms.ts'
import { probeTls } from './tls.ts'

export interface ProbeOptions {
  readonly input: Pick<PostureInput, 'config' | 'operations' | 'documents' | 'now'>
  readonly points: readonly ProbePoint[]
  /** Two test callers; the objects of the first are asked for as the second. */
  readonly identities: readonly ProbeIdentity[]
  /** Values of path variables, the first caller's. */
  readonly values: ReadonlyArray<readonly [variable: string, value: string]>
  /** Methods beyond GET, HEAD and OPTIONS too, without credentials and bodies. */
  readonly write: boolean
  /** This machine is one that the services should not answer. */
  readonly bypass: boolean
  readonly pace: PaceTerms
  readonly userAgent: string
}

export interface ProbeReport {
  readonly findings: readonly ImportedFinding[]
  readonly asked: number
  /** Requests that the largest number left out. */
  readonly unasked: number
  /** What was sound, and what could not be seen, in words. */
  readonly notes: readonly string[]
}

/** What checks see of one point. */
export interface ProbeScene {
  readonly point: ProbePoint
  /** Known behind the point, templates with few variables first. */
  readonly endpoints: readonly Endpoint[]
  readonly identities: readonly ProbeIdentity[]
  readonly values: PathValues
  readonly write: boolean
  readonly bypass: boolean
  /** Unix time, ms. */
  readonly now: number
  /** Asks for an operation's path, already filled in. */
  ask(
    endpoint: Pick<Endpoint, 'method'> & { readonly host: string; readonly path: string },
    as: ProbeIdentity | null,
  ): Promise<ProbeAnswer>
  /** 2xx, and not what this server answers to anything at all. */
  isAnswer(answer: ProbeAnswer): answer is Extract<ProbeAnswer, { kind: 'answer' }>
  readonly pace: { turn(): Promise<boolean> }
  find(rule: ProbeRuleId, finding: ProbeFinding): void
  note(words: string): void
}

export interface ProbeFinding {
  readonly severity: Severity
  readonly message: string
  readonly evidence: readonly string[]
  readonly confidence: number
  /** null: the point itself. */
  readonly endpoint: Endpoint | null
}

/** Asks the points, one request after the other. Nothing but them is ever connected to. */
export async function probe(options: ProbeOptions): Promise<ProbeReport> {
  const { endpoints } = estateOf({ ...options.input, imported: [], suppressions: [] })
  const pace = createPace(options.pace)
  const ask = createAsk(pace, options.userAgent)
  const findings: ImportedFinding[] = []
  const notes: string[] = []
  for (const point of options.points) {
    const known = endpoints
      .filter(({ service }) => point.service === null || service === point.service)
      .toSorted((a, b) => variables(a) - variables(b))
    const scene = await sceneOf({ ...options, point, endpoints: known, ask, pace, findings, notes })
    if (point.tls !== null) await probeTls(scene.scene)
    if (!scene.reachable) continue
    const strangers = await probeAuthentication(scene.scene)
    await probeObjects(scene.scene, strangers)
    await probeMethods(scene.scene)
  }
  return { findings: joined(findings), asked: pace.used, unasked: pace.refused, notes }
}

interface SceneParts extends ProbeOptions {
  readonly point: ProbePoint
  readonly endpoints: readonly Endpoint[]
  readonly ask: Ask
  readonly findings: ImportedFinding[]
  readonly notes: string[]
}

/** Looks whether the point answers, and with what it answers a path that cannot exist. */
async function sceneOf(parts: Omit<SceneParts, 'pace'> & { readonly pace: { turn(): Promise<boolean> } }): Promise<{
  readonly scene: ProbeScene
  readonly reachable: boolean
}> {
  const { point, endpoints, identities, write, bypass, ask, pace, findings, notes } = parts
  const values = new PathValues()
  for (const [variable, value] of parts.values) values.name(variable, value)
  const anything = await ask(point, {
    method: 'GET',
    host: endpoints[0] === undefined ? hostOf(point) : point.placeOf(endpoints[0]).host,
    path: `/${randomBytes(12).toString('hex')}`,
    as: null,
  })
  const toAnything = anything.kind === 'answer' && anything.status < 300 ? digest(anything.body) : null
  const note = (words: string): void => void notes.push(`${point.where}: ${words}`)
  if (anything.kind === 'none') note(`nothing answers (${anything.why})`)
  const find = (rule: ProbeRuleId, { severity, message, evidence, confidence, endpoint }: ProbeFinding): void => {
    findings.push({
      tool: probeTool,
      rule,
      severity,
      message,
      method: endpoint?.method ?? null,
      path: endpoint?.template ?? null,
      subject: endpoint?.subject ?? point.subject,
      evidence: evidence.map(words => `${point.where}: ${words}`),
      confidence,
      advice: probeRules[rule].advice,
      references: probeRules[rule].references,
    })
  }
  if (
    point.service === null &&
    point.tls !== null &&
    anything.kind === 'answer' &&
    anything.headers['strict-transport-security'] === undefined
  )
    find('missing-hsts', {
      severity: 'low',
      message: `${point.subject} sends no Strict-Transport-Security.`,
      evidence: [`an answer ${anything.status} without the field`],
      confidence: 0.95,
      endpoint: null,
    })
  return {
    reachable: anything.kind === 'answer',
    scene: {
      point,
      endpoints,
      identities,
      values,
      write,
      bypass,
      now: parts.input.now,
      pace,
      find,
      note,
      ask: ({ method, host, path }, as) => ask(point, { method, host, path, as }),
      isAnswer: (answer): answer is Extract<ProbeAnswer, { kind: 'answer' }> =>
        answer.kind === 'answer' &&
        answer.status >= 200 &&
        answer.status < 300 &&
        (toAnything === null || digest(answer.body) !== toAnything),
    },
  }
}

/** One finding of a kind about one subject: what several targets or handshakes showed is evidence of the same. */
function joined(findings: readonly ImportedFinding[]): ImportedFinding[] {
  return [...Map.groupBy(findings, ({ rule, subject }) => `${rule} ${subject}`).values()].map(group => {
    const worst = group.toSorted(
      (a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity),
    )[0] as ImportedFinding
    return { ...worst, evidence: [...new Set(group.flatMap(({ evidence }) => evidence ?? []))] }
  })
}

const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info']

function hostOf({ address }: ProbePoint): string {
  return address.kind === 'unix'
    ? 'localhost'
    : `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
}

function variables({ template }: Endpoint): number {
  return template.split('{').length
}

function digest(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64')
}
