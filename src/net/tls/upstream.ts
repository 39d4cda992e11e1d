import { isIP } from 'node:net'
import {
  checkServerIdentity,
  type ConnectionOptions,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import { ConfigError, type ConfigIssue } from '../../core/config-error.ts'
import type { Secret } from '../../core/secret.ts'
import { readAuthorities } from './client-trust.ts'
import { opensslWords, readServerCertificate } from './server-certificate.ts'
import { issuesAt } from './settings.ts'

/** What the configuration says of the TLS toward a service. */
export interface UpstreamTlsInput {
  /** PEM; null = the system's roots. */
  readonly ca: string | null
  readonly certificate: string | null
  readonly key: Secret | null
  /** Name to verify and send as SNI; null = the target's host. */
  readonly serverName: string | null
}

interface CompiledUpstream {
  readonly context: SecureContext
  /** Last session by verified name. */
  readonly sessions: Map<string, Buffer>
}

const SESSIONS_MAX = 256

/** One context for each configuration object: making one costs about a millisecond, with the system's roots tens of them. */
const compiled = new WeakMap<UpstreamTlsInput, CompiledUpstream>()

/**
 * Options for `tls.connect` to a target: always verified, TLS 1.2 or newer, with the last session if there is one. `host` is the target's
 * host name or IP address as configured; it is what the certificate must name, whatever address is dialled. Throws an Error on bad PEM.
 */
export function upstreamTlsOptions(tls: UpstreamTlsInput, host: string): ConnectionOptions {
  const { context, sessions } = compile(tls)
  const identity = identityOf(tls, host)
  const session = sessions.get(identity)
  return {
    host: identity,
    secureContext: context,
    // Written out, because NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes the default.
    rejectUnauthorized: true,
    checkServerIdentity: (_name, certificate) => checkServerIdentity(identity, certificate),
    ALPNProtocols: ['http/1.1'],
    // RFC 6066 §3: an IP address is never sent as a name; it is verified against the IP names of the certificate.
    ...(isIP(identity) === 0 ? { servername: identity } : {}),
    ...(session === undefined ? {} : { session }),
  }
}

/** Remembers the sessions that the target offers on this connection, for the next one to the same name. Call it right after `connect`. */
export function keepUpstreamSession(socket: TLSSocket, tls: UpstreamTlsInput, host: string): void {
  const { sessions } = compile(tls)
  const identity = identityOf(tls, host)
  socket.on('session', session => {
    sessions.delete(identity)
    if (sessions.size >= SESSIONS_MAX) sessions.delete(sessions.keys().next().value as string)
    sessions.set(identity, session)
  })
}

/**
 * Reads the files at load, so that a broken one is found before the first request. Throws a ConfigError with all that is wrong;
 * its pointers start with `at`, the pointer of the service's `tls` object.
 */
export function checkUpstreamTls(tls: UpstreamTlsInput, at = ''): void {
  const issues: ConfigIssue[] = []
  if (tls.ca !== null) readAuthorities(tls.ca, '/ca', issues)
  if (tls.certificate !== null && tls.key !== null)
    readServerCertificate({ certificate: tls.certificate, key: tls.key, passphrase: null }, '', issues)
  else if (tls.certificate !== null)
    issues.push({ pointer: '/key', reason: 'a client certificate needs its private key', hint: 'add key: file:PATH' })
  else if (tls.key !== null)
    issues.push({
      pointer: '/certificate',
      reason: 'a private key needs its client certificate',
      hint: 'add certificate: file:PATH',
    })
  if (issues.length > 0) throw new ConfigError(issuesAt(at, issues))
  try {
    compile(tls)
  } catch (error) {
    throw new ConfigError({ pointer: at, reason: `OpenSSL refuses these settings: ${opensslWords(error)}` })
  }
}

function identityOf(tls: UpstreamTlsInput, host: string): string {
  const name = tls.serverName ?? host
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
}

function compile(tls: UpstreamTlsInput): CompiledUpstream {
  const known = compiled.get(tls)
  if (known !== undefined) return known
  const made = { context: createContext(tls), sessions: new Map<string, Buffer>() }
  compiled.set(tls, made)
  return made
}

function createContext(tls: UpstreamTlsInput): SecureContext {
  return createSecureContext({
    ca: tls.ca ?? systemRoots(),
    minVersion: 'TLSv1.2',
    ...(tls.certificate === null ? {} : { cert: tls.certificate }),
    ...(tls.key === null ? {} : { key: tls.key.reveal() }),
  })
}

/** The roots of the operating system; those that come with Node where it has none. */
function systemRoots(): string[] {
  const system = getCACertificates('system')
  return system.length > 0 ? system : getCACertificates('bundled')
}
