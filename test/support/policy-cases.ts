import assert from 'node:assert/strict'
import { ConfigError } from '../../src/core/config-error.ts'
import type { Exchange } from '../../src/core/exchange.ts'
import type { FieldEdits } from '../../src/core/fields.ts'
import type { Compiled, Policy } from '../../src/core/policy.ts'
import { Problem } from '../../src/core/problem.ts'
import { Reply } from '../../src/core/reply.ts'
import { PASS, SKIP, type Verdict } from '../../src/core/verdict.ts'
import { createJudgedMemory, createJudgedWriter } from '../../src/state/judged-callers.ts'
import { exchange, type ExchangeSettings } from './exchange.ts'
import { testHost, type TestHost } from './host.ts'

/** `cases.json` of a policy folder; the format is explained in src/policies/README.md. */
export interface CaseFile {
  /** Wall clock of every case, RFC 3339. */
  readonly now?: string
  /** Callers that insight found something about (state/judged-callers.ts); `forMs` from the clock's start. */
  readonly judged?: ReadonlyArray<{
    readonly name: string
    readonly severity: number
    readonly incident: number
    readonly forMs: number
  }>
  /** Settings and exchange of the cases that do not give their own (`exchange` is merged member by member). */
  readonly with?: unknown
  readonly exchange?: CaseExchange
  readonly cases: readonly Case[]
}

export interface Case {
  /** The guarantee, as a statement. */
  readonly name: string
  /** The attack or the RFC section that it stands for. */
  readonly why: string
  readonly with?: unknown
  readonly exchange?: CaseExchange
  readonly expect?: Expectation | string
  /** Several exchanges through one compiled policy, in place of `exchange` and `expect`. */
  readonly steps?: readonly Step[]
}

export interface Step {
  /** Moves the clock before the step, ms. */
  readonly after?: number
  /** Runs the same step so many times. */
  readonly times?: number
  readonly exchange?: CaseExchange
  readonly expect: Expectation | string
}

/** An exchange in JSON: bytes are text, or base64 under another name. */
export type CaseExchange = Omit<ExchangeSettings, 'body' | 'tls'> & {
  readonly body?: string
  readonly bodyBase64?: string
  readonly tls?:
    | (Omit<NonNullable<ExchangeSettings['tls']>, 'peer'> & {
        readonly peer?: (Record<string, unknown> & { der?: string }) | null
      })
    | null
}

/** A plain word is a verdict: `pass`, `skip`, `reply` or a problem code. */
export interface Expectation {
  readonly verdict?: string
  readonly status?: number
  /** Fields of the refusal or reply; null = must be absent. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** Part of the private reason. */
  readonly reason?: string
  readonly detail?: string
  /** Members of the principal afterwards; null = there is none. */
  readonly principal?: Readonly<Record<string, unknown>> | null
  /** Edits toward the service: value, or null = removed. */
  readonly request?: Readonly<Record<string, string | null>>
  /** Edits toward the client: value, or null = removed. */
  readonly response?: Readonly<Record<string, string | null>>
  /** Codes that the policy noted. */
  readonly observed?: readonly string[]
  /** The settings are refused: JSON pointer within `with`. */
  readonly config?: string
  /** Part of what `check` warns about. */
  readonly warning?: string
}

const caseKeys = new Set(['name', 'why', 'with', 'exchange', 'expect', 'steps'])
const stepKeys = new Set(['after', 'times', 'exchange', 'expect'])
const expectKeys = new Set([
  'verdict',
  'status',
  'headers',
  'reason',
  'detail',
  'principal',
  'request',
  'response',
  'observed',
  'config',
  'warning',
])

/** What kind of outcome a case shows; a folder needs at least one `passes` and one `refuses`. */
export type Shown = 'passes' | 'refuses'

/** Runs one case against a policy. Throws an AssertionError when anything differs from what the case expects. */
export async function runCase(policy: Policy, file: CaseFile, one: Case): Promise<Set<Shown>> {
  known(one, caseKeys)
  assert.ok(one.why?.length > 0, 'a case names its attack or RFC section in `why`')
  const shown = new Set<Shown>()
  const host = hostOf(file)
  const settings = 'with' in one ? one.with : (file.with ?? {})
  try {
    const single = expectation(one.expect)
    const built = await build(policy, settings, host)
    if (single?.config !== undefined) {
      assert.ok(built instanceof ConfigError, 'the settings must be refused')
      assert.ok(
        built.issues.some(issue => issue.pointer === single.config),
        `expected an issue at ${single.config}, got: ${built.message}`,
      )
      if (single.reason !== undefined) assert.ok(built.message.includes(single.reason), built.message)
      shown.add('refuses')
      return shown
    }
    if (built instanceof ConfigError) throw built
    if (single?.warning !== undefined) {
      const warnings = policy.warnings?.(built.config) ?? []
      assert.ok(
        warnings.some(text => text.includes(single.warning as string)),
        `no warning says "${single.warning}": ${warnings.join('; ')}`,
      )
    }
    const steps = one.steps ?? [{ ...(one.exchange && { exchange: one.exchange }), expect: one.expect ?? '' }]
    assert.ok(steps.length > 0, 'a case has at least one step')
    for (const [index, step] of steps.entries()) {
      known(step, stepKeys)
      if (step.after !== undefined) host.clock.advance(step.after)
      for (let time = 0; time < (step.times ?? 1); time++) {
        const seen = await judge(built.compiled, { ...file.exchange, ...step.exchange }, host)
        try {
          compare(seen, expectation(step.expect) ?? {})
        } catch (error) {
          if (steps.length > 1) (error as Error).message += ` (step ${index + 1}, time ${time + 1})`
          throw error
        }
        if (seen.word === 'pass') shown.add('passes')
        else shown.add('refuses')
      }
    }
    built.compiled.close?.()
    return shown
  } finally {
    host.close()
  }
}

interface Seen {
  readonly x: Exchange
  readonly verdict: Verdict
  readonly word: string
}

async function build(
  policy: Policy,
  settings: unknown,
  host: TestHost,
): Promise<{ compiled: Compiled; config: unknown } | ConfigError> {
  const parsed = (await policy.schema()).safeParse(settings)
  if (!parsed.success) {
    return new ConfigError(
      parsed.error.issues.flatMap(issue => {
        const pointer = issue.path.map(part => `/${String(part)}`).join('')
        const places = issue.code === 'unrecognized_keys' ? issue.keys.map(key => `${pointer}/${key}`) : [pointer]
        return places.map(place => ({ pointer: place, reason: issue.message }))
      }),
    )
  }
  try {
    const given = policy.sharesForm === true ? withoutEntry(host) : host
    return { compiled: policy.compile(parsed.data, given), config: parsed.data }
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/** A form that entries share belongs to none of them: one that asks whose it is would count for all as for the first. */
function withoutEntry(host: TestHost): TestHost {
  return Object.create(host, {
    entry: {
      get() {
        throw new Error('a shared form asked for its entry')
      },
    },
  }) as TestHost
}

/** Runs request, body and response hooks in order, until one does not pass. */
async function judge(compiled: Compiled, given: CaseExchange, host: TestHost): Promise<Seen> {
  const x = exchange({ ...settingsOf(given), time: given.time ?? host.clock.now(), startedMs: host.clock.monotonic() })
  let verdict: Verdict = PASS
  let refused = false
  if (compiled.request !== undefined) {
    verdict = await compiled.request(x)
    refused = verdict !== PASS
  }
  if (!refused && compiled.body !== undefined && x.body !== null) {
    const judged: Verdict | Uint8Array = await compiled.body(x, x.body)
    if (judged instanceof Uint8Array) x.body = judged
    else {
      verdict = judged
      refused = verdict !== PASS
    }
  }
  if (!refused && compiled.response !== undefined && x.answer !== null) verdict = await compiled.response(x)
  return { x, verdict, word: word(verdict) }
}

function word(verdict: unknown): string {
  if (verdict === PASS) return 'pass'
  if (verdict === SKIP) return 'skip'
  if (verdict instanceof Problem) return verdict.code
  if (verdict instanceof Reply) return 'reply'
  return `not a verdict: ${String(verdict)}`
}

function compare({ x, verdict, word }: Seen, expect: Expectation): void {
  known(expect, expectKeys)
  const reason = verdict instanceof Problem ? (verdict.reason ?? '') : ''
  assert.ok(expect.verdict !== undefined, 'a case says which verdict it expects')
  assert.equal(word, expect.verdict, reason)
  if (expect.status !== undefined) assert.equal((verdict as Problem | Reply).status, expect.status)
  if (expect.detail !== undefined) assert.equal((verdict as Problem).detail, expect.detail)
  if (expect.reason !== undefined) assert.ok(reason.includes(expect.reason), `the reason is "${reason}"`)
  if (expect.headers !== undefined) {
    const pairs = (verdict as Problem | Reply).headers
    const have = new Map(pairs.map(([name, value]) => [name.toLowerCase(), value]))
    for (const [name, value] of Object.entries(expect.headers))
      assert.equal(have.get(name.toLowerCase()) ?? null, value, name)
  }
  if (expect.principal === null) assert.equal(x.principal, null)
  for (const [name, value] of Object.entries(expect.principal ?? {})) {
    assert.deepEqual(plain((x.principal as unknown as Record<string, unknown>)?.[name]), value, `principal.${name}`)
  }
  compareEdits(x.requestEdits, expect.request)
  compareEdits(x.responseEdits, expect.response)
  if (expect.observed !== undefined)
    assert.deepEqual(
      (x.observed ?? []).map(one => one.code),
      expect.observed,
    )
}

function hostOf({ now, judged }: CaseFile): TestHost {
  const settings = now === undefined ? {} : { now: Date.parse(now) }
  if (judged === undefined) return testHost(settings)
  const counters = { memory: new SharedArrayBuffer(1 << 20), hashKey: new Uint8Array(32), judged: createJudgedMemory() }
  const host = testHost({ ...settings, counters })
  createJudgedWriter(
    counters.judged,
    counters.hashKey,
  )(judged.map(({ forMs, ...one }) => ({ ...one, untilMs: host.clock.now() + forMs })))
  return host
}

function compareEdits(edits: FieldEdits | null, expected: Readonly<Record<string, string | null>> | undefined): void {
  for (const [name, value] of Object.entries(expected ?? {})) {
    const lowered = name.toLowerCase()
    const set = (edits?.set ?? []).filter(([known]) => known.toLowerCase() === lowered).map(([, text]) => text)
    assert.deepEqual(set, value === null ? [] : [value], `${name} is set`)
    if (value === null) assert.ok(edits?.removed.includes(lowered), `${name} is not removed`)
  }
}

function settingsOf(given: CaseExchange): ExchangeSettings {
  const { body, bodyBase64, tls, ...rest } = given
  const bytes = bodyBase64 !== undefined ? Buffer.from(bodyBase64, 'base64') : body
  return {
    ...rest,
    ...(bytes !== undefined && { body: bytes }),
    ...(tls !== undefined && { tls: tls === null ? null : { ...tls, ...(tls.peer && { peer: peerOf(tls.peer) }) } }),
  } as ExchangeSettings
}

function peerOf(peer: Record<string, unknown> & { der?: string }): Record<string, unknown> {
  return peer.der === undefined ? peer : { ...peer, der: Buffer.from(peer.der, 'base64') }
}

function expectation(given: Expectation | string | undefined): Expectation | undefined {
  return typeof given === 'string' ? { verdict: given } : given
}

// Claims have a null prototype, which deepEqual in strict mode tells apart from a literal.
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

// A misspelt key would silently expect nothing.
function known(value: object, keys: ReadonlySet<string>): void {
  for (const key of Object.keys(value)) assert.ok(keys.has(key), `unknown key in a case: ${key}`)
}
