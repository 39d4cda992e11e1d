import type { ConfigIssue } from '../core/config-error.ts'
import { issueAt } from './checks.ts'
import { policyIssues } from './entries.ts'
import type { Locator } from './locate.ts'
import type { DocumentPath } from './pointer.ts'
import type { Config, TlsConfig, UpstreamTlsConfig } from './types.ts'

/** Who knows certificates, keys and CAs. Handed in, since that knowledge lives beside the sockets. Pointers are relative to the `tls` section. */
export interface TlsJudge {
  /** Throws a ConfigError when the settings of a listener cannot work. */
  listener(tls: TlsConfig): void
  /** The same for the TLS toward a service. */
  service(tls: UpstreamTlsConfig): void
  /** What works but deserves the operator's eye, at this wall clock (ms since the epoch). */
  warnings(tls: TlsConfig, now: number): readonly string[]
}

/** Everything that is wrong with the TLS material of a configuration. */
export function tlsIssues(config: Config, judge: TlsJudge, locator: Locator): ConfigIssue[] {
  const listeners = tlsSections(config).map(([tls, path]) => [path, () => judge.listener(tls)] as const)
  const services = config.services
    // Nothing written: the system's roots, which take tens of milliseconds to read.
    .filter(({ tls }) => tls.ca !== null || tls.certificate !== null || tls.key !== null)
    .map(({ name, tls }) => [['services', name, 'tls'], () => judge.service(tls)] as const)
  return [...listeners, ...services].flatMap(([path, check]) => {
    try {
      check()
      return []
    } catch (error) {
      return policyIssues(error, path, locator)
    }
  })
}

export function tlsWarnings(config: Config, judge: TlsJudge, now: number, locator: Locator): ConfigIssue[] {
  return tlsSections(config).flatMap(([tls, path]) =>
    judge.warnings(tls, now).map(warning => issueAt(locator, path, warning)),
  )
}

function tlsSections(config: Config): Array<readonly [TlsConfig, DocumentPath]> {
  return [
    ...config.listeners.flatMap(({ tls }, i) => (tls === null ? [] : [[tls, ['listeners', i, 'tls']] as const])),
    ...(config.control?.tls == null ? [] : [[config.control.tls, ['control', 'tls']] as const]),
  ]
}
