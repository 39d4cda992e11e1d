/** Answers are counted under these codes; anything else is `other`, so that no service can grow the table. */
export const statusCodes: readonly number[] = [
  0, 101, 200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409, 410, 411, 412,
  413, 414, 415, 416, 417, 421, 422, 425, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505,
]

export const verdictWords = ['pass', 'refuse', 'reply', 'error'] as const

/** Upper bounds of the latency buckets, ms. */
export const latencyBoundsMs: readonly number[] = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]

/** Why a TLS handshake failed: the words of net/tls, and `limit` for connections beyond a limit. */
export const handshakeReasons = [
  'timeout',
  'reset',
  'not-tls',
  'protocol-version',
  'no-shared-cipher',
  'no-application-protocol',
  'certificate-missing',
  'certificate-refused',
  'refused-by-client',
  'limit',
  'other',
] as const
export type HandshakeReason = (typeof handshakeReasons)[number]

/** How a service failed us. */
export const upstreamErrorKinds = [
  'resolve',
  'connect',
  'tls',
  'timeout',
  'reset',
  'malformed',
  'busy',
  'other',
] as const
export type UpstreamErrorKind = (typeof upstreamErrorKinds)[number]

// What lies where inside one subject's block of cells. One cell is one double: exact up to 2^53.
const statuses = statusCodes.length + 1
const histogram = latencyBoundsMs.length + 2

/** Cells of one route: requests by verdict and status, two histograms (buckets, over, sum in ms), bytes. */
export const routeBlock = {
  statuses,
  requests: 0,
  total: verdictWords.length * statuses,
  upstream: verdictWords.length * statuses + histogram,
  sum: histogram - 1,
  requestBytes: verdictWords.length * statuses + 2 * histogram,
  responseBytes: verdictWords.length * statuses + 2 * histogram + 1,
  size: verdictWords.length * statuses + 2 * histogram + 2,
} as const

/** Cells of one listener: connections open and in all, failed handshakes by reason. */
export const listenerBlock = { open: 0, opened: 1, handshakes: 2, size: 2 + handshakeReasons.length } as const

/** Cells of one service: connections open, errors by kind. */
export const serviceBlock = { connections: 0, errors: 1, size: 1 + upstreamErrorKinds.length } as const

/** Cells of the worker itself. */
export const workerBlock = {
  inFlight: 0,
  buffered: 1,
  bufferedPeak: 2,
  eventsDropped: 3,
  events: 4,
  streamDropped: 5,
  size: 8,
} as const
