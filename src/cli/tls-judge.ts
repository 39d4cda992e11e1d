import type { TlsJudge } from '../config/tls-judge.ts'
import { compileTls } from '../net/tls/settings.ts'
import { checkUpstreamTls } from '../net/tls/upstream.ts'
import { tlsWarnings } from '../net/tls/warnings.ts'

/** The TLS of net as the judge of what a configuration says of it. */
export const tlsJudge: TlsJudge = {
  listener: tls => void compileTls(tls),
  service: tls => checkUpstreamTls(tls),
  warnings: (tls, now) => tlsWarnings(compileTls(tls), now),
}
