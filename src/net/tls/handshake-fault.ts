import type { TLSSocket } from 'node:tls'

/** Why a handshake failed, as one of few words: it is a metric label. */
export type HandshakeFault =
  | 'timeout'
  | 'reset'
  | 'not-tls'
  | 'protocol-version'
  | 'no-shared-cipher'
  | 'no-application-protocol'
  | 'certificate-missing'
  | 'certificate-refused'
  | 'refused-by-client'
  | 'other'

/** Sorts the error of a failed handshake by its code, never by its text. */
export function handshakeFault(error: NodeJS.ErrnoException, socket: TLSSocket): HandshakeFault {
  const code = error.code ?? ''
  const known = faults[code]
  // A required certificate that did not verify is destroyed by Node without an error of its own.
  if (known === 'reset' && socket.authorizationError) return 'certificate-refused'
  if (known !== undefined) return known
  return code.startsWith('ERR_SSL_TLSV1_ALERT_') ||
    code.startsWith('ERR_SSL_SSLV3_ALERT_') ||
    code.startsWith('ERR_SSL_TLSV13_ALERT_')
    ? 'refused-by-client'
    : 'other'
}

const faults: Readonly<Record<string, HandshakeFault>> = Object.assign(Object.create(null), {
  ERR_TLS_HANDSHAKE_TIMEOUT: 'timeout',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'reset',
  ERR_SSL_HTTP_REQUEST: 'not-tls',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'not-tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'not-tls',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not-tls',
  ERR_SSL_RECORD_LAYER_FAILURE: 'not-tls',
  ERR_SSL_BAD_PROTOCOL_VERSION_NUMBER: 'protocol-version',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'protocol-version',
  ERR_SSL_VERSION_TOO_LOW: 'protocol-version',
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: 'protocol-version',
  ERR_SSL_NO_SHARED_CIPHER: 'no-shared-cipher',
  ERR_SSL_NO_SHARED_GROUP: 'no-shared-cipher',
  ERR_SSL_NO_SUITABLE_GROUPS: 'no-shared-cipher',
  ERR_SSL_NO_SUITABLE_KEY_SHARE: 'no-shared-cipher',
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: 'no-shared-cipher',
  ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS: 'no-shared-cipher',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'no-application-protocol',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'certificate-missing',
  ERR_SSL_CERTIFICATE_VERIFY_FAILED: 'certificate-refused',
})
