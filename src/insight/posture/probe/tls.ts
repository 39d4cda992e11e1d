import { X509Certificate } from 'node:crypto'
import { connect, type SecureVersion } from 'node:tls'
import { tlsOptions } from './ask.ts'
import type { ProbeScene } from './probe.ts'
import type { ProbePoint } from './probe-point.ts'

const handshakeMs = 10_000
const dayMs = 86_400_000
/** Shorter than it takes to have a certificate made by hand. */
const soonDays = 14

interface Offer {
  readonly minVersion: SecureVersion
  readonly maxVersion: SecureVersion
  readonly ciphers?: string
}

type Shaken =
  | {
      readonly kind: 'done'
      readonly protocol: string
      readonly cipher: string
      readonly certificate: X509Certificate | null
      /** A code of OpenSSL or Node; null: it holds. */
      readonly fault: string | null
    }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unasked' }

/** Versions, cipher and certificate, by handshakes. */
export async function probeTls(scene: ProbeScene): Promise<void> {
  const { point } = scene
  // The old versions are beyond what OpenSSL does by itself.
  const old = 'ALL:@SECLEVEL=0'
  const offers: ReadonlyArray<readonly [name: string, offer: Offer]> = [
    ['TLS 1.3', { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' }],
    ['TLS 1.2', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }],
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: old }],
    ['TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: old }],
  ]
  const done = new Map<string, Extract<Shaken, { kind: 'done' }>>()
  for (const [name, offer] of offers) {
    const shaken = await handshake(scene, offer)
    if (shaken.kind === 'unasked') return
    if (shaken.kind === 'done') done.set(name, shaken)
  }
  const best = [...done.values()][0]
  if (best === undefined) {
    scene.note('no TLS handshake came about')
    return
  }
  scene.note(`speaks ${[...done.keys()].join(', ')}; ${best.cipher}`)
  const outdated = ['TLS 1.1', 'TLS 1.0'].filter(name => done.has(name))
  if (outdated.length > 0)
    scene.find('old-tls', {
      severity: 'high',
      message: `${point.subject} accepts ${outdated.join(' and ')}.`,
      evidence: outdated.map(name => `a handshake of ${name} with ${done.get(name)?.cipher}`),
      confidence: 1,
      endpoint: null,
    })
  else if (!done.has('TLS 1.3'))
    scene.find('old-tls', {
      severity: 'low',
      message: `${point.subject} does not speak TLS 1.3.`,
      evidence: ['a handshake of TLS 1.3 is refused, one of TLS 1.2 is not'],
      confidence: 1,
      endpoint: null,
    })
  if (done.has('TLS 1.2')) {
    const weak = await handshake(scene, {
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      ciphers: 'kRSA:3DES:RC4:aNULL:eNULL:@SECLEVEL=0',
    })
    if (weak.kind === 'done')
      scene.find('weak-cipher', {
        severity: 'medium',
        message: `${point.subject} accepts a cipher without forward secrecy.`,
        evidence: [`a handshake of TLS 1.2 with ${weak.cipher}`],
        confidence: 1,
        endpoint: null,
      })
  }
  judgeCertificate(scene, best.certificate, best.fault)
}

function judgeCertificate(scene: ProbeScene, certificate: X509Certificate | null, fault: string | null): void {
  const { point } = scene
  if (fault !== null)
    scene.find('certificate', {
      severity: fault === 'CERT_HAS_EXPIRED' ? 'critical' : 'high',
      message: `${point.subject} shows a certificate that does not hold.`,
      evidence: [fault],
      confidence: 0.95,
      endpoint: null,
    })
  if (certificate === null) return
  const daysLeft = Math.floor((Date.parse(certificate.validTo) - scene.now) / dayMs)
  if (fault === null && daysLeft < soonDays)
    scene.find('certificate', {
      severity: 'medium',
      message: `${point.subject} shows a certificate that ends in ${daysLeft} days.`,
      evidence: [`valid until ${new Date(certificate.validTo).toISOString()}`],
      confidence: 1,
      endpoint: null,
    })
  const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength
  if (bits !== undefined && bits < 2048)
    scene.find('certificate', {
      severity: 'high',
      message: `${point.subject} has a key that can be broken.`,
      evidence: [`RSA of ${bits} bits`],
      confidence: 1,
      endpoint: null,
    })
}

/** One handshake, ended at once; it counts as a request. */
async function handshake({ pace, point }: ProbeScene, offer: Offer): Promise<Shaken> {
  if (!(await pace.turn())) return { kind: 'unasked' }
  const { promise, resolve } = Promise.withResolvers<Shaken>()
  const socket = connect({
    ...placeOf(point),
    ...tlsOptions(point.tls as NonNullable<ProbePoint['tls']>, false),
    ...offer,
  })
  socket.setTimeout(handshakeMs, () => socket.destroy(new Error('too slow')))
  socket.once('error', error => resolve({ kind: 'refused', why: (error as NodeJS.ErrnoException).code ?? 'refused' }))
  socket.once('secureConnect', () => {
    const fault = socket.authorizationError as unknown as
      | { code?: string; message?: string }
      | string
      | null
      | undefined
    resolve({
      kind: 'done',
      protocol: socket.getProtocol() ?? '',
      cipher: socket.getCipher().standardName,
      certificate: socket.getPeerX509Certificate() ?? null,
      fault:
        fault === null || fault === undefined
          ? null
          : typeof fault === 'string'
            ? fault
            : (fault.code ?? 'it does not hold'),
    })
  })
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}

function placeOf({ address }: ProbePoint) {
  return address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port }
}
