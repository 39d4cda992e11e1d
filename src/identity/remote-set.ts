import type { Clock, KeySource, Log } from '../core/host.ts'
import { checkJwks, type CheckedJwk } from './check-jwks.ts'
import type { FetchDocument } from './fetch-document.ts'
import { bareHost, isLoopback, keyUrlFault } from './key-url.ts'
import { sourceId } from './messages.ts'
import type { StrictReader } from './strict-json.ts'

/** One remote key set of the process. Its fields are read by the key service; only `refresh` changes them. */
export interface RemoteSet {
  readonly id: string
  readonly issuer: string
  readonly version: number
  /** null until the first good answer. */
  readonly keys: readonly CheckedJwk[] | null
  readonly freshUntilMs: number
  readonly coolUntilMs: number
  /** When the next attempt without anybody asking is due. */
  readonly dueMs: number
  /** Wall clock of the last good answer, ms since the epoch; null before it. */
  readonly fetchedAt: number | null
  readonly lastError: string | null
  readonly dropped: readonly string[]
  /** Fetches unless the last attempt is younger than the cool-down; joins an attempt under way. Never rejects. */
  refresh(): Promise<void>
  close(): void
}

/** What a remote set needs of the world. */
export interface RemoteWorld {
  readonly clock: Clock
  readonly log: Log
  readonly fetch: FetchDocument
  readonly read: StrictReader
  readonly timeoutMs: number
  /** Versions come from one counter, so that a set which is dropped and required again never repeats one. */
  nextVersion(): number
  /** After each attempt, before `refresh` settles. */
  settled(set: RemoteSet): void
}

// An issuer sees at most one attempt in any 15 s; the second more covers what the network does to the distance of two requests.
const coolDownMs = 16_000
const freshness = { min: coolDownMs, usual: 300_000, max: 3_600_000 }
const backoffMs = [coolDownMs, 30_000, 60_000] as const
const discoveryMaxAgeMs = 3_600_000

/** The state of one key source by URL or discovery: single flight, cool-down, ETag, back-off, stale-if-error. Starts idle and due. */
export function createRemoteSet(source: KeySource, world: RemoteWorld): RemoteSet {
  const { clock, log, read } = world
  const ca = source.ca ?? null
  let failures = 0
  let attempts = 0
  let closed = false
  let flight: Promise<void> | null = null
  let abort: AbortController | null = null
  let etag: string | null = null
  let located: { readonly url: string; readonly atMs: number } | null = null

  const set = {
    id: sourceId(source),
    issuer: source.issuer,
    version: 0,
    keys: null as readonly CheckedJwk[] | null,
    freshUntilMs: Number.NEGATIVE_INFINITY,
    coolUntilMs: Number.NEGATIVE_INFINITY,
    dueMs: Number.NEGATIVE_INFINITY,
    fetchedAt: null as number | null,
    lastError: null as string | null,
    dropped: [] as readonly string[],
    refresh(): Promise<void> {
      if (flight !== null) return flight
      if (closed || clock.monotonic() < set.coolUntilMs) return Promise.resolve()
      flight = attempt().finally(() => {
        flight = null
      })
      return flight
    },
    close(): void {
      closed = true
      abort?.abort()
    },
  }
  return set

  async function attempt(): Promise<void> {
    const number = ++attempts
    const startMs = clock.monotonic()
    abort = new AbortController()
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(world.timeoutMs)])
    try {
      const answer = await orAborted(keysDocument(signal), signal)
      // A set that was dropped meanwhile stays as it is: a late answer must not bring keys back.
      if (closed || number !== attempts) return
      if (answer.status === 200) take(answer.body, answer.etag)
      succeeded(startMs, answer.maxAgeMs)
    } catch (error) {
      if (closed) return
      failed(startMs, error)
    }
    // Set only now: while an attempt is under way whoever asks joins it. Counted from its end, since its request may have left late.
    set.coolUntilMs = clock.monotonic() + coolDownMs
    world.settled(set)
  }

  function take(body: Buffer, newEtag: string | null): void {
    const document = read(body)
    if (typeof document === 'string') throw new Error(`the answer is no JSON object to rely on: ${document}`)
    const checked = checkJwks(document)
    const changed = set.keys === null || JSON.stringify(set.keys) !== JSON.stringify(checked.keys)
    if (JSON.stringify(set.dropped) !== JSON.stringify(checked.dropped)) {
      for (const line of checked.dropped)
        log.warn('a key of an issuer does not count', { issuer: source.issuer, reason: line })
    }
    etag = newEtag
    set.dropped = checked.dropped
    if (!changed) return
    set.keys = checked.keys
    set.version = world.nextVersion()
    log.info('keys of an issuer arrived', { issuer: source.issuer, keys: checked.keys.length, version: set.version })
  }

  function succeeded(startMs: number, maxAgeMs: number | null): void {
    if (failures > 0) log.info('an issuer answers again', { issuer: source.issuer })
    failures = 0
    set.lastError = null
    set.fetchedAt = clock.now()
    const wanted = maxAgeMs ?? freshness.usual
    set.freshUntilMs = startMs + Math.min(Math.max(wanted, freshness.min), freshness.max)
    // A little early, so that an issuer that answers never lets its keys go stale.
    set.dueMs = startMs + Math.max(coolDownMs, 0.9 * (set.freshUntilMs - startMs))
  }

  function failed(startMs: number, error: unknown): void {
    set.lastError = describe(error)
    // Found again by discovery next time: the issuer may have moved its keys.
    located = null
    set.dueMs = startMs + (backoffMs[Math.min(failures, backoffMs.length - 1)] ?? coolDownMs)
    if (failures++ === 0)
      log.warn('keys of an issuer cannot be fetched', { issuer: source.issuer, reason: set.lastError })
  }

  async function keysDocument(signal: AbortSignal) {
    const url = source.jwks ?? (await discovered(signal))
    const trusted = source.jwks !== undefined || sameHost(url, source.issuer)
    return world.fetch({ url, etag: set.keys === null ? null : etag, trusted, ca, signal })
  }

  /** `jwks_uri` by OpenID Connect Discovery §4; the document must speak of exactly this issuer (§4.3). */
  async function discovered(signal: AbortSignal): Promise<string> {
    if (located !== null && clock.monotonic() - located.atMs < discoveryMaxAgeMs) return located.url
    const place = `${source.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const answer = await world.fetch({ url: place, etag: null, trusted: true, ca, signal })
    const document = answer.status === 200 ? read(answer.body) : 'not sent'
    if (typeof document === 'string')
      throw new Error(`the discovery document is no JSON object to rely on: ${document}`)
    if (document['issuer'] !== source.issuer) throw new Error('the discovery document speaks of another issuer')
    const url = document['jwks_uri']
    const fault = typeof url === 'string' ? keyUrlFault(url) : 'is missing'
    if (typeof url !== 'string' || fault !== null) throw new Error(`\`jwks_uri\` ${fault}`)
    // Loopback over http is for what an operator wrote; a document may name it only when the issuer itself lives there.
    if (url.startsWith('http:') && !(isLoopback(new URL(source.issuer)) && sameHost(url, source.issuer))) {
      throw new Error('`jwks_uri` must be https')
    }
    if (url !== located?.url) etag = null
    located = { url, atMs: clock.monotonic() }
    return url
  }
}

/** The abort ends the wait even when a fetch does not listen to it: one attempt under way would otherwise block all others. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

function sameHost(url: string, other: string): boolean {
  return bareHost(new URL(url)) === bareHost(new URL(other))
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  if (error.name === 'TimeoutError') return 'no answer in time'
  const code = (error as NodeJS.ErrnoException).code
  return code === undefined || error.message.includes(code) ? error.message : `${code} ${error.message}`.trim()
}
