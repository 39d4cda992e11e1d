import { join } from 'node:path'

/** Where insight keeps what it learnt. */
export function insightFolder(stateDir: string): string {
  return join(stateDir, 'insight')
}

/** The socket at which it takes the stream of the data plane. */
export function insightSocket(stateDir: string): string {
  return join(stateDir, 'insight.sock')
}
