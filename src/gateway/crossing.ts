// Hot path: one of these for every exchange.
import { Exchange } from '../core/exchange.ts'
import type { Fields } from '../core/fields.ts'
import type { VerdictWord } from '../core/outcome.ts'
import { Problem, type ProblemWords, refuse } from '../core/problem.ts'
import type { Reply } from '../core/reply.ts'
import type { Contents } from '../events/stream/frame-encoder.ts'
import { canonicalTarget } from '../lib/canonical-path.ts'
import type { Trailers } from '../net/h1/chunked.ts'
import {
  CONTENT_LENGTH,
  HOP_BY_HOP,
  PROTECTED,
  REPLACED,
  RESERVED,
  SINGLETON,
  TRANSFER_ENCODING,
} from '../net/h1/field-names.ts'
import { CHUNKED } from '../net/h1/framing.ts'
import type { RequestHead } from '../net/h1/request-head.ts'
import type { ResponseHead } from '../net/h1/response-head.ts'
import type { RequestSink, ServerConnection } from '../net/h1/server-connection.ts'
import type { ResponseSink, UpstreamConnection, UpstreamFailure } from '../net/h1/upstream-connection.ts'
import { servesHost } from '../net/tls/connection-info.ts'
import type { NoConnection, TargetSettings, Waiting } from '../upstream/target-pool.ts'
import { ownAnswer, statusLine } from './answer.ts'
import { Capture, capturedMax } from './capture.ts'
import { clientBehindProxies } from './client-address.ts'
import { HeldBody } from './held-body.ts'
import { keptLines } from './kept-lines.ts'
import { originHead } from './origin-head.ts'
import { type Cleared, type Decision, NEED_BODY, Passage, type Stopped } from './pipeline.ts'
import { withoutParameters } from './path-readings.ts'
import type { ListenerFacts, Plane } from './plane.ts'
import { reply } from './own-replies.ts'
import type { CompiledRoute, Snapshot } from './snapshot.ts'

/** Largest declared rest of a refused request's body that is read away to keep the connection. */
const DISCARD_QUIETLY = 64 * 1024
/** Slowest rate at which a body that is held may come, once the first silence allowed is over. */
const HELD_BYTES_PER_SECOND = 16 * 1024
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
const UNTRUSTED_TRAILER = HOP_BY_HOP | RESERVED | SINGLETON | PROTECTED | REPLACED | CONTENT_LENGTH | TRANSFER_ENCODING

/** One request with its answer, from the client's connection to the service's and back (docs/lifecycle.md). */
export class Crossing implements RequestSink, ResponseSink {
  readonly #plane: Plane
  readonly #listener: ListenerFacts
  readonly #connection: ServerConnection
  readonly #head: RequestHead
  readonly #snapshot: Snapshot
  readonly #x: Exchange
  #route: CompiledRoute | null = null
  #passage: Passage | null = null
  #upstream: UpstreamConnection | null = null
  #target: TargetSettings | null = null
  /** Our place among those who wait for a connection to the service. */
  #queued: Waiting | null = null
  #over = false
  /** Our side of the answer has begun: from here on a failure can only break the connection off. */
  #answering = false
  #streaming = false
  #collected: HeldBody | null = null
  #charged = 0
  #slowBody: NodeJS.Timeout | undefined
  #retried = false
  #continued = false
  /** The body was too large to hold; that was said once, and the chain goes on without it. */
  #tooLargeToHold = false
  #bodyDone: boolean
  #held: { trailers: Trailers | null } | null = null
  #requestBytes = 0
  #responseBytes = 0
  #upstreamStatus = 0
  #upstreamSentMs = 0
  #upstreamMs = -1
  #status = 0
  #verdict: VerdictWord = 'pass'
  #policy = ''
  #code = ''
  #reason = ''
  #onAbort: Array<() => void> | null = null
  #cleared: Cleared | null = null
  /** What insight is to see of the bodies; null where nothing is learned. */
  #capture: Capture | null = null
  /** The head of the service's answer, for insight. */
  #answered: Fields | null = null
  /** While a response hook waits: what arrived behind the head. */
  #waiting: { head: ResponseHead; data: Buffer[]; trailers: Trailers | null | undefined } | null = null

  constructor(
    plane: Plane,
    listener: ListenerFacts,
    snapshot: Snapshot,
    connection: ServerConnection,
    head: RequestHead,
  ) {
    this.#plane = plane
    this.#listener = listener
    this.#connection = connection
    this.#head = head
    this.#snapshot = snapshot
    this.#bodyDone = head.length === 0
    const { clock } = plane
    const target = head.target === '*' ? { path: '*', query: '' } : canonicalTarget(head.target)
    this.#x = new Exchange({
      id: plane.requestId(),
      listener: listener.name,
      protocol: head.version === 1 ? 'http/1.1' : 'http/1.0',
      client:
        snapshot.trustedProxies === null
          ? connection.client
          : clientBehindProxies(connection.client, head, snapshot.trustedProxies),
      tls: connection.tls,
      method: head.method,
      host: hostOf(head.authority),
      path: typeof target === 'string' ? '' : target.path,
      query: typeof target === 'string' ? '' : target.query,
      headers: head.fields,
      contentLength: head.length,
      time: clock.now(),
      startedMs: clock.monotonic(),
      abort: onAbort => (this.#onAbort ??= []).push(onAbort),
    })
    snapshot.open++
    plane.inFlight(1)
    if (typeof target === 'string') this.#refuse('ambiguous-path', { reason: target })
    else this.#enter()
  }

  // ---- deciding

  #enter(): void {
    const x = this.#x
    this.#plane.tracer.begin(x)
    if (this.#plane.budget.spent)
      return this.#refuse('overloaded', { reason: 'the memory budget of the worker is spent' })
    if (x.tls !== null && !servesHost(x.tls, x.host))
      return this.#refuse('misdirected-request', {
        reason: `SNI ${x.tls.serverName ?? ''} does not serve Host ${x.host}`,
      })
    const own = reply(x)
    if (own !== null) return this.#stop({ stop: own, policy: '' })
    const found = this.#snapshot.router.match(x.host, x.method, x.path, name => x.headers.get(name))
    if ('allow' in found) {
      if (found.allow.length === 0) return this.#refuse('no-route', {})
      return this.#refuse('method-not-allowed', { headers: [['Allow', found.allow.join(', ')]] })
    }
    const otherwise = this.#otherReading(found.value)
    if (otherwise !== '') return this.#refuse('ambiguous-path', { reason: otherwise })
    this.#route = found.value
    x.route = found.value.chain.route
    x.params = found.params
    if (found.value.learn && this.#plane.learns) this.#capture = new Capture()
    if (found.value.trace !== 'trusted') this.#plane.tracer.distrust(x, found.value.trace)
    this.#passage = new Passage(found.value.chain, x, this.#plane.log)
    this.#settle(this.#passage.advance())
  }

  /** Why a service that cuts path parameters off would take the path for that of another route; '' when it would not. */
  #otherReading(route: CompiledRoute): string {
    const x = this.#x
    const path = withoutParameters(x.path)
    if (path === null || route.writesParameters) return ''
    const found = this.#snapshot.router.match(x.host, x.method, path, name => x.headers.get(name))
    if ('value' in found && found.value === route) return ''
    return `without its path parameters it is not of route ${route.chain.route.name}`
  }

  #settle(decision: Decision | Promise<Decision>): void {
    if (decision instanceof Promise) {
      decision.then(
        settled => this.#decided(settled),
        (error: unknown) => this.#failed(error),
      )
    } else this.#decided(decision)
  }

  #decided(decision: Decision): void {
    if (this.#over) return
    if (decision === NEED_BODY) this.#collect()
    else if ('stop' in decision) this.#stop(decision)
    else this.#forward(decision)
  }

  /** Something of ours threw: the exchange ends with 500, never with a pass. */
  #failed(error: unknown): void {
    this.#plane.log.error('an exchange failed', {
      cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    if (this.#answering) this.#breakOff('internal', `failed while answering: ${String(error)}`)
    else this.#refuse('internal', { reason: String(error) })
  }

  // ---- the request's body

  #collect(): void {
    const max = this.#route?.chain.bufferedBodyMax ?? 0
    if (this.#head.length === 0) {
      this.#x.body = Buffer.alloc(0)
      return this.#settle((this.#passage as Passage).advance())
    }
    if (this.#head.length > max) return this.#tooLarge()
    this.#collected = new HeldBody()
    this.#readBody()
    // Silence alone is no measure here: a byte now and then would hold a part of the memory budget for as long as one likes.
    if (this.#collected !== null && !this.#over && !this.#tooLargeToHold)
      this.#slowBody = setTimeout(
        () => this.#refuse('request-timeout', { reason: 'the body to be held came too slowly' }),
        this.#connection.settings.limits.progressTimeoutMs + Math.ceil(max / HELD_BYTES_PER_SECOND) * 1000,
      )
  }

  #tooLarge(): void {
    if (this.#tooLargeToHold) return
    this.#tooLargeToHold = true
    clearTimeout(this.#slowBody)
    this.#settle((this.#passage as Passage).bodyTooLarge())
  }

  #readBody(): void {
    if (this.#head.expectContinue && !this.#continued) {
      this.#continued = true
      this.#connection.interim(100, 'Continue', '')
      this.#connection.flush()
    }
    this.#connection.readBody()
  }

  requestData(bytes: Buffer, from: number, to: number): void {
    if (this.#over) return
    this.#requestBytes += to - from
    if (this.#collected !== null) {
      if (!this.#plane.budget.charge(to - from))
        return this.#refuse('overloaded', { reason: 'the memory budget of the worker is spent' })
      this.#charged += to - from
      this.#collected.add(bytes, from, to)
      if (this.#charged > (this.#route?.chain.bufferedBodyMax ?? 0) && !this.#tooLargeToHold) {
        this.#connection.pauseBody()
        this.#tooLarge()
      }
      return
    }
    if (this.#requestBytes > (this.#route?.bodyMax ?? 0)) return this.#bodyBeyondLimit()
    this.#capture?.addRequest(bytes, from, to)
    this.#upstream?.write(bytes, from, to)
  }

  #bodyBeyondLimit(): void {
    this.#upstream?.abandon()
    this.#upstream = null
    if (this.#answering) this.#breakOff('body-too-large', 'the body is larger than the route allows')
    else this.#refuse('body-too-large', { reason: 'the body is larger than the route allows' })
  }

  requestEnd(trailers: Trailers | null): void {
    this.#bodyDone = true
    if (this.#over) return
    if (this.#collected === null) {
      this.#upstream?.finish(this.#requestTrailers(trailers))
      return
    }
    if (this.#tooLargeToHold) {
      this.#held = { trailers }
      return
    }
    clearTimeout(this.#slowBody)
    this.#x.body = this.#collected.whole()
    this.#collected = null
    this.#settle((this.#passage as Passage).advance())
  }

  requestFlush(): void {
    if (this.#streaming && this.#collected === null && this.#upstream !== null && !this.#upstream.flush())
      this.#connection.pauseBody()
  }

  upstreamDrained(): void {
    if (!this.#over && this.#streaming) this.#connection.readBody()
  }

  // ---- forwarding

  /** Only a cleared exchange gets here. */
  #forward(cleared: Cleared): void {
    // Observing policies may have let a body pass that was too large to hold: what was read goes first, the rest streams.
    this.#streaming = this.#x.body === null && this.#head.length !== 0
    const limit = this.#route?.bodyMax ?? 0
    if (this.#streaming && this.#head.length > limit)
      return this.#refuse('body-too-large', { reason: 'the declared body is larger than the route allows' })
    this.#connect(cleared, false)
  }

  #connect(cleared: Cleared, fresh: boolean): void {
    const route = this.#route as CompiledRoute
    this.#queued = route.service.pool.take((connection, target, failure) => {
      this.#queued = null
      if (this.#over) {
        connection?.giveBack()
        return
      }
      this.#target = target
      if (connection === null) return this.#noConnection(failure as NoConnection)
      this.#send(cleared, connection, target)
    }, fresh)
  }

  #send(cleared: Cleared, upstream: UpstreamConnection, target: TargetSettings): void {
    const x = cleared.exchange
    const route = this.#route as CompiledRoute
    this.#upstream = upstream
    this.#cleared = cleared
    this.#upstreamSentMs = this.#plane.clock.monotonic()
    const length = x.body === null ? this.#head.length : x.body.length
    upstream.send(
      originHead(x, this.#head, this.#connection, route, target.authority, length),
      this,
      x.method === 'HEAD',
      length === CHUNKED,
    )
    if (x.body !== null) {
      const body = x.body
      upstream.write(Buffer.from(body.buffer, body.byteOffset, body.byteLength), 0, body.length)
      upstream.finish()
    } else if (this.#head.length === 0) upstream.finish()
    else this.#stream(upstream)
  }

  /** What waited for a connection that closed first goes out on a fresh one; the rest of the body waits for that. */
  #sendAgain(unsent: string): void {
    this.#connection.pauseBody()
    const route = this.#route as CompiledRoute
    this.#queued = route.service.pool.take((connection, target, failure) => {
      this.#queued = null
      if (this.#over) {
        connection?.giveBack()
        return
      }
      this.#target = target
      if (connection === null) return this.#noConnection(failure as NoConnection)
      this.#upstream = connection
      const length = this.#x.body === null ? this.#head.length : this.#x.body.length
      const done = this.#x.body !== null || this.#bodyDone
      connection.sendAgain(unsent, this, this.#x.method === 'HEAD', length === CHUNKED, done)
      if (!done) this.#readBody()
    }, true)
  }

  #stream(upstream: UpstreamConnection): void {
    const collected = this.#collected
    this.#collected = null
    if (this.#requestBytes > (this.#route?.bodyMax ?? 0)) return this.#bodyBeyondLimit()
    if (collected !== null) for (const block of collected.blocks()) upstream.write(block, 0, block.length)
    this.#uncharge()
    if (this.#held !== null) {
      upstream.finish(this.#requestTrailers(this.#held.trailers))
      return
    }
    upstream.flush()
    this.#readBody()
  }

  /** What a policy took from the head does not come back behind the body. */
  #requestTrailers(trailers: Trailers | null): string {
    return trailers === null ? '' : trailerLines(trailers, this.#x.requestEdits?.removed ?? null)
  }

  #noConnection(failure: NoConnection): void {
    const code =
      failure.kind === 'unreachable'
        ? 'upstream-unreachable'
        : failure.kind === 'timeout'
          ? 'upstream-timeout'
          : 'overloaded'
    this.#plane.upstreamError(this.#x.route?.service ?? '', failure.kind)
    this.#refuse(code, { reason: failure.reason }, 'error')
  }

  // ---- the service's answer

  informational(head: ResponseHead): void {
    // 100 answers an Expect that we never forward; 103 and the like are hints for the client.
    if (!this.#over && head.status !== 100)
      this.#connection.interim(head.status, head.reason, keptLines(head, HOP_BY_HOP | CONTENT_LENGTH, null))
  }

  response(head: ResponseHead): void {
    if (this.#over) return
    this.#upstreamStatus = head.status
    this.#upstreamMs = this.#plane.clock.monotonic() - this.#upstreamSentMs
    this.#x.answer = { status: head.status, fields: head.fields }
    if (this.#capture !== null) this.#answered = head.fields
    const hooked = (this.#passage as Passage).respond()
    if (hooked === null) return this.#relay(head)
    if (!(hooked instanceof Promise)) return this.#replaceAnswer(hooked)
    this.#upstream?.pause()
    this.#waiting = { head, data: [], trailers: undefined }
    hooked
      .then(stopped => {
        const waiting = this.#waiting
        this.#waiting = null
        if (this.#over || waiting === null) return
        if (stopped !== null) return this.#replaceAnswer(stopped)
        this.#relay(waiting.head)
        for (const chunk of waiting.data) this.responseData(chunk, 0, chunk.length)
        if (waiting.trailers !== undefined) return this.responseEnd(waiting.trailers)
        this.#upstream?.resume()
        this.responseFlush()
      })
      .catch((error: unknown) => this.#failed(error))
  }

  #relay(head: ResponseHead): void {
    const edits = this.#x.responseEdits
    const removed = edits?.removed ?? null
    // An answer in HTTP/1.1 goes on as one piece from its status line to its last field, its length among them.
    const asItIs =
      head.version === 1 && head.reason !== '' && head.status !== 204 && !(removed?.includes('content-length') ?? false)
    let text = asItIs
      ? keptLines(head, HOP_BY_HOP | TRANSFER_ENCODING, removed, true)
      : statusLine(head.status, head.reason) + keptLines(head, HOP_BY_HOP | CONTENT_LENGTH | TRANSFER_ENCODING, removed)
    if (this.#listener.fields !== '') text += this.#listener.fields
    if (edits !== null) for (const [name, value] of edits.set) text += `${name}: ${value}\r\n`
    this.#answering = true
    this.#status = head.status
    this.#connection.begin(head.status, text, head.length, asItIs ? null : head.declaredLength, false)
  }

  responseData(bytes: Buffer, from: number, to: number): void {
    if (this.#over) return
    if (this.#waiting !== null) {
      this.#waiting.data.push(Buffer.from(bytes.subarray(from, to)))
      return
    }
    this.#responseBytes += to - from
    const text = this.#capture === null ? null : this.#capture.addResponse(bytes, from, to)
    if (text === null) this.#connection.write(bytes, from, to)
    else this.#connection.writeText(text)
  }

  responseFlush(): void {
    if (!this.#over && this.#waiting === null && !this.#connection.flush()) this.#upstream?.pause()
  }

  clientDrained(): void {
    if (!this.#over && this.#waiting === null) this.#upstream?.resume()
  }

  responseEnd(trailers: Trailers | null): void {
    // From here on the connection is somebody else's, also while a response hook still thinks about the answer.
    this.#upstream = null
    if (this.#over) return
    if (this.#waiting !== null) {
      this.#waiting.trailers = trailers
      return
    }
    this.#connection.finish(trailers === null ? '' : trailerLines(trailers, this.#x.responseEdits?.removed ?? null))
    this.#finish()
  }

  upstreamFailed(kind: UpstreamFailure, reason: string, answered: boolean): void {
    const upstream = this.#upstream
    this.#upstream = null
    if (this.#over) return
    if (this.#answering) {
      this.#plane.upstreamError(this.#x.route?.service ?? '', kind)
      return this.#breakOff(
        kind === 'malformed' ? 'upstream-malformed' : kind === 'timeout' ? 'upstream-timeout' : 'upstream-unreachable',
        reason,
      )
    }
    // A kept connection that the service closed as we wrote is not a failure of the service (RFC 9112 §9.3.1): once more, on a fresh one.
    // Of what never went out anything may be sent again, of the rest only what is idempotent and still here.
    if (kind === 'closed' && !answered && !this.#retried && upstream !== null && upstream.used > 1) {
      const { unsent } = upstream
      if (unsent !== null && this.#route?.service.host !== '') {
        this.#retried = true
        return this.#sendAgain(unsent)
      }
      if (!this.#streaming && idempotent.has(this.#x.method)) {
        this.#retried = true
        return this.#connect(this.#cleared as Cleared, true)
      }
    }
    this.#plane.upstreamError(this.#x.route?.service ?? '', kind)
    this.#refuse(
      kind === 'malformed' ? 'upstream-malformed' : kind === 'timeout' ? 'upstream-timeout' : 'upstream-unreachable',
      { reason },
      'error',
    )
  }

  // ---- answers of our own

  #refuse(
    code: Parameters<typeof refuse>[0],
    words: ProblemWords,
    verdict: VerdictWord = code === 'internal' ? 'error' : 'refuse',
  ): void {
    this.#stop({ stop: refuse(code, words), policy: '' }, verdict)
  }

  #stop(stopped: Stopped, verdict?: VerdictWord): void {
    if (this.#over || this.#answering) return
    const hooked = this.#passage?.respond() ?? null
    if (hooked instanceof Promise) {
      hooked.then(
        // A hook that objects to our own answer has the last word only if it refuses harder than nothing.
        replaced => this.#say(replaced ?? stopped, verdict),
        (error: unknown) => this.#failed(error),
      )
    } else this.#say(hooked ?? stopped, verdict)
  }

  /** A response hook refused the service's answer: none of it may be seen. */
  #replaceAnswer(stopped: Stopped): void {
    this.#x.answer = null
    this.#answered = null
    this.#capture?.forgetResponse()
    this.#say(stopped)
  }

  #say({ stop, policy }: Stopped, verdict?: VerdictWord): void {
    if (this.#over || this.#answering) return
    this.#upstream?.abandon()
    this.#upstream = null
    this.#answering = true
    this.#policy = policy
    this.#status = stop.status
    if (stop instanceof Problem) {
      this.#code = stop.code
      this.#reason = stop.reason ?? ''
      this.#verdict = verdict ?? (stop.status === 500 ? 'error' : 'refuse')
    } else this.#verdict = 'reply'
    this.#sendOwn(stop)
    this.#finish()
  }

  #sendOwn(stop: Problem | Reply): void {
    const answer = ownAnswer(this.#x, stop, this.#listener.fields, this.#plane.clock.now())
    const { length, expectContinue } = this.#head
    const rest = this.#bodyDone ? 0 : length
    // A body that nobody will read: a small one is read away, before a large or unknown one the connection is given up (RFC 9112 §9.3).
    const close = rest !== 0 && (rest === CHUNKED || rest > DISCARD_QUIETLY || expectContinue)
    this.#connection.begin(answer.status, answer.head, answer.body.length, answer.body.length, close)
    this.#connection.write(answer.body, 0, answer.body.length)
    this.#responseBytes = answer.body.length
    this.#connection.finish()
  }

  /** The answer had begun and cannot be completed: it must not look complete. */
  #breakOff(code: string, reason: string): void {
    this.#verdict = 'error'
    this.#code = code
    this.#reason = reason
    this.#finish()
    this.#connection.destroy()
  }

  aborted(reason: string, code: 'malformed-request' | 'request-timeout' | null): void {
    if (this.#over) return
    this.#upstream?.abandon()
    this.#upstream = null
    if (code !== null && !this.#answering) return this.#refuse(code, { reason })
    this.#verdict = 'error'
    this.#code = code ?? 'client-closed'
    this.#reason = reason
    this.#finish()
  }

  // ---- the end

  #finish(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#slowBody)
    this.#queued?.giveUp()
    this.#uncharge()
    this.#collected = null
    const x = this.#x
    const outcome = {
      verdict: this.#verdict,
      status: this.#status,
      upstreamStatus: this.#upstreamStatus,
      policy: this.#policy,
      code: this.#code,
      reason: this.#reason,
      target: this.#target?.url ?? '',
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
      durationMs: this.#plane.clock.monotonic() - x.startedMs,
      upstreamMs: this.#upstreamMs,
      configVersion: this.#snapshot.version,
    }
    if (this.#onAbort !== null) for (const onAbort of this.#onAbort) onAbort()
    this.#plane.record(x, outcome, this.#capture === null ? null : this.#contents(this.#capture))
    this.#passage?.done(outcome)
    this.#plane.inFlight(-1)
    if (--this.#snapshot.open === 0 && this.#snapshot.retired) this.#snapshot.close()
  }

  #contents({ request, response }: Capture): Contents {
    const x = this.#x
    const held = x.body
    return {
      query: x.query,
      requestFields: this.#head.fields,
      responseFields: this.#answered,
      // A body that was read whole is the one that went out; a streamed one left its beginning on its way.
      requestBody: held === null ? request : held.length > capturedMax ? held.subarray(0, capturedMax) : held,
      responseBody: response,
      encrypted: x.tls !== null,
    }
  }

  #uncharge(): void {
    this.#plane.budget.release(this.#charged)
    this.#charged = 0
  }
}

/** Trailer lines that may go on: nothing that frames, routes, authenticates or is ours (RFC 9110 §6.5.1). */
function trailerLines(trailers: Trailers, removed: readonly string[] | null): string {
  let union = 0
  for (const flags of trailers.flags) union |= flags
  return keptLines({ ...trailers, union, named: null }, UNTRUSTED_TRAILER, removed)
}

/** Host of an authority: no port, no root dot, since `api.example.` names the same host as `api.example` and gets the same route. */
function hostOf(authority: string): string {
  const colon = authority.startsWith('[') ? authority.indexOf(']:') + 1 : authority.indexOf(':')
  const end = colon > 0 ? colon : authority.length
  return authority.slice(0, authority.charCodeAt(end - 1) === 46 ? end - 1 : end)
}
