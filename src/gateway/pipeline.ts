// Hot path: decides every exchange. Knows no socket: HTTP/1.1, HTTP/2, explain and tests drive the same code.
import type { Exchange, RouteInfo } from '../core/exchange.ts'
import type { Log } from '../core/host.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Check, Compiled } from '../core/policy.ts'
import { Problem, refuse } from '../core/problem.ts'
import { Reply } from '../core/reply.ts'
import { PASS, SKIP } from '../core/verdict.ts'

/** One configured policy at its place in a route's chain. */
export interface Link {
  readonly policy: string
  readonly id: string
  readonly observe: boolean
  /** May Reply before anybody is authorized (Policy.answersStrangers). */
  readonly answersStrangers: boolean
  readonly compiled: Compiled
}

/** A chain in the order of phases; identify policies grouped by level, since levels are ANDed and a level's policies are alternatives. */
export interface ChainPlan {
  readonly route: RouteInfo
  readonly admit: readonly Link[]
  readonly identify: ReadonlyArray<readonly Link[]>
  readonly authorize: readonly Link[]
  readonly limit: readonly Link[]
  readonly inspect: readonly Link[]
  readonly transform: readonly Link[]
  /** Most bytes of a buffered body. */
  readonly bufferedBodyMax: number
}

type BodyCheck = NonNullable<Compiled['body']>

interface Step {
  readonly link: Link
  readonly check: Check | null
  readonly body: BodyCheck | null
  /** Bytes that this step returns replace the body. */
  readonly mayChange: boolean
  /** Next step after PASS. */
  readonly pass: number
  /** Next step after SKIP; NOBODY when no identify policy of the level is left. */
  readonly skip: number
  readonly identify: boolean
  /** Runs before anybody is authorized: a Reply from here is a refusal unless its policy may answer strangers. */
  readonly early: boolean
}

const NOBODY = -1

/** The chain of one route, compiled to a list of steps that are walked by index. */
export interface Chain {
  readonly route: RouteInfo
  readonly steps: readonly Step[]
  /** First step that needs the whole body; the length of `steps` when none does. */
  readonly bodyFrom: number
  readonly bufferedBodyMax: number
  /** Response hooks, in reverse order. */
  readonly responses: readonly Link[]
  readonly challenges: ReadonlyArray<readonly [string, string]>
  readonly all: readonly Link[]
  readonly hasDone: boolean
}

const cleared: unique symbol = Symbol('cleared')

/** Proof that every check of a route passed. Only this file can make one, and forwarding asks for it: forgetting the checks does not compile. */
export class Cleared {
  readonly exchange: Exchange

  constructor(key: typeof cleared, exchange: Exchange) {
    if (key !== cleared) throw new TypeError('only the pipeline clears an exchange')
    this.exchange = exchange
  }
}

/** The chain ended without clearing: what to answer, and whose word it is. */
export interface Stopped {
  readonly stop: Problem | Reply
  /** '' for the gateway itself. */
  readonly policy: string
}

/** The next step needs the whole body: set `exchange.body` and advance again, or call `bodyTooLarge`. */
export const NEED_BODY: unique symbol = Symbol('need body')

export type Decision = Cleared | Stopped | typeof NEED_BODY

export function compileChain(plan: ChainPlan): Chain {
  const steps: Step[] = []
  const checks = (links: readonly Link[], early = false): void => {
    for (const link of links)
      if (link.compiled.request !== undefined)
        steps.push({ ...step(link, link.compiled.request, null, steps.length), early })
  }
  const bodies = (links: readonly Link[], mayChange: boolean): void => {
    for (const link of links)
      if (link.compiled.body !== undefined)
        steps.push(step(link, null, link.compiled.body.bind(link.compiled), steps.length, mayChange))
  }
  checks(plan.admit, true)
  for (const level of plan.identify) identifyLevel(level, steps)
  checks(plan.authorize)
  checks(plan.limit)
  checks(plan.inspect)
  const all = [
    ...plan.admit,
    ...plan.identify.flat(),
    ...plan.authorize,
    ...plan.limit,
    ...plan.inspect,
    ...plan.transform,
  ]
  let bodyFrom = steps.length
  bodies(plan.inspect, false)
  const readBefore = bodyFrom < steps.length
  checks(plan.transform)
  if (!readBefore) bodyFrom = steps.length
  bodies(plan.transform, true)
  return {
    route: plan.route,
    steps,
    bodyFrom: all.some(link => link.compiled.body !== undefined) ? bodyFrom : steps.length,
    bufferedBodyMax: plan.bufferedBodyMax,
    responses: all.filter(link => link.compiled.response !== undefined).toReversed(),
    challenges: plan.identify
      .flat()
      .flatMap(link =>
        link.compiled.challenge === undefined ? [] : [['WWW-Authenticate', link.compiled.challenge] as const],
      ),
    all,
    hasDone: all.some(link => link.compiled.done !== undefined),
  }
}

function step(link: Link, check: Check | null, body: BodyCheck | null, at: number, mayChange = false): Step {
  return {
    link,
    check: check === null ? null : check.bind(link.compiled),
    body,
    mayChange,
    pass: at + 1,
    skip: at + 1,
    identify: false,
    early: false,
  }
}

/** First PASS wins, a Problem stops at once, all SKIP is 401: a bad credential never falls through to a weaker method. */
function identifyLevel(level: readonly Link[], steps: Step[]): void {
  const after = steps.length + level.length
  level.forEach((link, index) => {
    const check =
      link.compiled.request ?? (() => refuse('internal', { reason: `identify policy ${link.id} has no check` }))
    steps.push({
      link,
      check: check.bind(link.compiled),
      body: null,
      mayChange: false,
      pass: after,
      skip: index + 1 < level.length ? steps.length + 1 : NOBODY,
      identify: true,
      early: true,
    })
  })
}

/** One exchange's way through its chain. */
export class Passage {
  readonly #chain: Chain
  readonly #x: Exchange
  readonly #log: Log
  #at = 0
  #ran: Link[] | null = null
  /** The exchange is over: a policy that still waits is the last one that was asked. Shared, so that a passage in place of this one knows it. */
  #over = { yes: false }

  constructor(chain: Chain, x: Exchange, log: Log) {
    this.#chain = chain
    this.#x = x
    this.#log = log
  }

  /** Walks on; a promise only when a check really has to wait. Never throws or rejects. */
  advance(): Decision | Promise<Decision> {
    const { steps, bodyFrom } = this.#chain
    while (this.#at < steps.length) {
      if (this.#at >= bodyFrom && this.#x.body === null && this.#needsBody()) return NEED_BODY
      const current = steps[this.#at] as Step
      if (this.#chain.hasDone && current.link.compiled.done !== undefined) this.#remember(current.link)
      const before = this.#x.principal
      let verdict: unknown
      try {
        verdict =
          current.check === null
            ? (current.body as BodyCheck)(this.#x, this.#x.body as Uint8Array)
            : current.check(this.#x)
      } catch (error) {
        verdict = this.#threw(current, error)
      }
      if (verdict === PASS) {
        if (current.identify && !this.#identified(current, before))
          return this.#stop(
            current,
            refuse('internal', { reason: `policy ${current.link.id} passed without a principal` }),
          )
        this.#at = current.pass
        continue
      }
      if (isThenable(verdict)) return this.#wait(current, verdict, before)
      const stopped = this.#judge(current, verdict)
      if (stopped !== null) return stopped
    }
    return new Cleared(cleared, this.#x)
  }

  /** The body is larger than may be buffered: a refusal, or, where only observing policies wanted it, the rest of the chain without it. */
  bodyTooLarge(): Decision | Promise<Decision> {
    const { steps } = this.#chain
    for (let i = this.#at; i < steps.length; i++) {
      const { body, link } = steps[i] as Step
      if (body === null) continue
      if (!link.observe)
        return {
          stop: refuse('body-too-large', {
            reason: `more than ${this.#chain.bufferedBodyMax} bytes, and ${link.id} needs the whole body`,
          }),
          policy: link.policy,
        }
      this.#x.note(link.policy, 'body-too-large', `more than ${this.#chain.bufferedBodyMax} bytes`)
    }
    while (this.#at < steps.length && (steps[this.#at] as Step).body !== null) this.#at++
    // Without a body the remaining body steps must not run: they are all observing, so the chain ends at the last check.
    const rest = steps.slice(this.#at).filter(({ body }) => body === null)
    if (rest.length === 0) return new Cleared(cleared, this.#x)
    const passage = new Passage(
      {
        ...this.#chain,
        steps: rest.map((current, index) => ({ ...current, pass: index + 1, skip: index + 1 })),
        bodyFrom: rest.length,
      },
      this.#x,
      this.#log,
    )
    // Who runs there is told of the end with the others, by this passage.
    passage.#ran = this.#ran ??= []
    passage.#over = this.#over
    return passage.advance()
  }

  /** Runs the response hooks; the problem or reply that replaces the answer, or null. */
  respond(): Stopped | null | Promise<Stopped | null> {
    return this.#chain.responses.length === 0 ? null : this.#respondFrom(0)
  }

  /** Tells every policy that ran how it ended; exactly once. */
  done(outcome: Outcome): void {
    this.#over.yes = true
    const ran = this.#ran
    this.#ran = null
    if (ran === null) return
    for (const link of ran) {
      try {
        link.compiled.done?.(this.#x, outcome)
      } catch (error) {
        this.#log.error('a policy failed in done()', { policy: link.policy, cause: String(error) })
      }
    }
  }

  #respondFrom(start: number): Stopped | null | Promise<Stopped | null> {
    for (let i = start; i < this.#chain.responses.length; i++) {
      const link = this.#chain.responses[i] as Link
      let verdict: unknown
      try {
        verdict = (link.compiled.response as Check)(this.#x)
      } catch (error) {
        verdict = this.#failure(link, error)
      }
      if (verdict === PASS || verdict === SKIP) continue
      if (isThenable(verdict)) {
        return Promise.resolve(verdict).then(
          value =>
            value === PASS || value === SKIP
              ? this.#respondFrom(i + 1)
              : (this.#refusal(link, value) ?? this.#respondFrom(i + 1)),
          (error: unknown) => this.#refusal(link, this.#failure(link, error)) ?? this.#respondFrom(i + 1),
        )
      }
      const stopped = this.#refusal(link, verdict)
      if (stopped !== null) return stopped
    }
    return null
  }

  #needsBody(): boolean {
    const { steps } = this.#chain
    for (let i = this.#at; i < steps.length; i++) if ((steps[i] as Step).body !== null) return true
    return false
  }

  async #wait(current: Step, promise: PromiseLike<unknown>, before: Exchange['principal']): Promise<Decision> {
    let verdict: unknown
    try {
      verdict = await promise
    } catch (error) {
      verdict = this.#threw(current, error)
    }
    // Nobody would be told of the end of what ran from here on, so slots that it takes would never come back.
    if (this.#over.yes) return this.#stop(current, refuse('internal', { reason: 'the exchange is over' }))
    if (verdict === PASS) {
      if (current.identify && !this.#identified(current, before))
        return this.#stop(
          current,
          refuse('internal', { reason: `policy ${current.link.id} passed without a principal` }),
        )
      this.#at = current.pass
      return this.advance()
    }
    return this.#judge(current, verdict) ?? this.advance()
  }

  /** Anything but PASS: moves on and gives null, or stops. */
  #judge(current: Step, verdict: unknown): Stopped | null {
    if (verdict === SKIP) {
      if (current.skip === NOBODY)
        return this.#stop(
          current,
          refuse('credential-missing', {
            reason: 'no policy of the level found a credential',
            headers: this.#chain.challenges,
          }),
        )
      this.#at = current.skip
      return null
    }
    if (verdict instanceof Uint8Array && current.body !== null && current.mayChange) {
      this.#x.body = verdict
      this.#at = current.pass
      return null
    }
    const tooEarly = verdict instanceof Reply && current.early && !current.link.answersStrangers
    const stopped = this.#refusal(
      current.link,
      tooEarly ? refuse('internal', { reason: `policy ${current.link.id} may not answer strangers` }) : verdict,
    )
    if (stopped === null) this.#at = current.pass
    return stopped
  }

  /** What a refusal means here: null in observe mode (noted), else a stop. What nobody understands is a refusal too. */
  #refusal(link: Link, verdict: unknown): Stopped | null {
    const stop =
      verdict instanceof Problem || verdict instanceof Reply
        ? verdict
        : refuse('internal', { reason: `policy ${link.id} gave something that is not a verdict` })
    if (!link.observe) return { stop, policy: link.policy }
    this.#x.note(
      link.policy,
      stop instanceof Problem ? stop.code : 'reply',
      stop instanceof Problem ? (stop.reason ?? stop.title) : `would reply ${stop.status}`,
    )
    return null
  }

  #stop(current: Step, stop: Problem): Stopped {
    return { stop, policy: stop.code === 'credential-missing' ? '' : current.link.policy }
  }

  #identified(current: Step, before: Exchange['principal']): boolean {
    // "Anyone" on an inner level must not hide who was proven on an outer one.
    if (before !== null && this.#x.principal?.method === 'anonymous') this.#x.principal = before
    return this.#x.principal !== null && current.identify
  }

  #threw(current: Step, error: unknown): Problem {
    return this.#failure(current.link, error)
  }

  #failure(link: Link, error: unknown): Problem {
    this.#log.error('a policy failed; the request is refused', {
      policy: link.policy,
      id: link.id,
      cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    return refuse('internal', {
      reason: `policy ${link.id} failed: ${error instanceof Error ? error.message : String(error)}`,
    })
  }

  #remember(link: Link): void {
    this.#ran ??= []
    if (!this.#ran.includes(link)) this.#ran.push(link)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
