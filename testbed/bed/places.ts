import type { BedCertificates } from './certificates.ts'
import type { Cluster } from './cluster.ts'
import { commonLimit, type Places } from './configuration.ts'
import { services } from './estate.ts'
import type { TrueWeakness } from './truth.ts'

/** The addresses of the bed on paper, as an estate of that kind would have them: with a few careless listeners and services among them. */
export function paperPlaces(certificates: BedCertificates, cluster: Cluster, endMs: number): Places {
  const server = { certificates: [certificates.server] }
  return {
    further: {
      control: { address: '127.0.0.1:9901' },
      stores: { shared: { redis: 'redis://10.0.9.9:6379' } },
      events: [{ sink: 'stdout' }],
      listeners: [
        { name: 'public', address: ':443', tls: server },
        {
          name: 'mesh',
          address: '10.0.0.1:8443',
          tls: { ...server, clientAuth: 'required', clientCa: certificates.ca },
        },
        {
          name: 'partners',
          address: ':9443',
          hsts: 'off',
          tls: { certificates: [certificates.ending], minVersion: 'TLSv1.2' },
        },
        { name: 'legacy', address: ':8080', plaintext: 'acknowledged' },
      ],
      policies: [commonLimit],
    },
    store: true,
    targets: service =>
      cluster
        .at(service.name, endMs)
        .map(({ address }) => `${service.plainTargets === true ? 'http' : 'https'}://${address}:8443`),
  }
}

/** What is weak about them, as findings say it. */
export function weakPlaces(): TrueWeakness[] {
  const one = (rule: string, subject: string): TrueWeakness => ({ rule, subject })
  return [
    one('plaintext-listener', 'listener legacy'),
    one('tls-1.2-allowed', 'listener partners'),
    one('missing-hsts', 'listener partners'),
    one('certificate-expiring', 'listener partners'),
    one('plaintext-store', 'gateway'),
    ...services.flatMap(({ name, plainTargets, plainServer, slow }) => [
      ...(plainTargets === true ? [one('plaintext-upstream', `service ${name}`)] : []),
      ...(plainServer === true ? [one('declared-without-tls', `service ${name}`)] : []),
      ...(slow === true ? [one('long-timeouts', `service ${name}`)] : []),
    ]),
  ]
}
