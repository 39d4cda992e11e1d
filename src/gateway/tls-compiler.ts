import type { TlsConfig } from '../config/types.ts'
import { compileTls, type TlsSettings } from '../net/tls/settings.ts'

/**
 * Compiles the TLS of listeners. Reading a pair and asking OpenSSL takes milliseconds, in which no request is served, and most reloads
 * change no certificate: what was compiled last from the very same texts is given again, since `compileTls` knows no clock and does no I/O.
 */
export class TlsCompiler {
  readonly #known = new Map<string, { readonly text: string; readonly settings: TlsSettings }>()

  /** `at`: pointer of the `tls` object. Throws ConfigError. */
  compile(tls: TlsConfig, at: string): TlsSettings {
    const text = textOf(tls)
    const known = this.#known.get(at)
    if (known?.text === text) return known.settings
    const settings = compileTls(tls, at)
    // One per place in the list of listeners, so it cannot grow with reloads.
    this.#known.set(at, { text, settings })
    return settings
  }
}

/** Everything that TLS is compiled from, whatever is added to it; keys are in the clear here, so it never leaves this file. */
function textOf({ certificates, ...rest }: TlsConfig): string {
  const pairs = certificates.map(({ key, passphrase, ...pair }) => [
    pair,
    key.reveal(),
    passphrase === null ? null : passphrase.reveal(),
  ])
  return JSON.stringify([pairs, rest])
}
