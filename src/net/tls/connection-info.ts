import type { PeerIdentity, TlsInfo } from '../../core/exchange.ts'
import { coversHost, type ServerNames } from './server-names.ts'

/** The facts of one connection, with the names of the certificate that was shown on it. */
export class ConnectionTls implements TlsInfo {
  readonly version: string
  readonly cipher: string
  readonly serverName: string | null
  readonly resumed: boolean
  readonly peer: PeerIdentity | null
  readonly peerError: string | null
  /** The trust revision that the peer was judged under; see trustRevision. */
  readonly trust: string
  readonly #names: ServerNames

  constructor(info: TlsInfo, trust: string, names: ServerNames) {
    this.version = info.version
    this.cipher = info.cipher
    this.serverName = info.serverName
    this.resumed = info.resumed
    this.peer = info.peer
    this.peerError = info.peerError
    this.trust = trust
    this.#names = names
  }

  covers(host: string): boolean {
    return coversHost(this.#names, host)
  }
}

/**
 * May a request for `host` (lower case, without port) come over this connection? Yes when it is the SNI name itself, when the
 * certificate chosen for the SNI is good for it too (connection coalescing), and when the client sent no SNI. Else 421.
 */
export function servesHost(info: TlsInfo, host: string): boolean {
  if (info.serverName === null || info.serverName === host) return true
  return info instanceof ConnectionTls && info.covers(host)
}
