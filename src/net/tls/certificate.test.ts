import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { createAuthority, openssl } from '../../../test/support/certificates.ts'
import { readCertificate } from './certificate.ts'
import { peerIdentity } from './peer.ts'
import { pemBytes } from './pem.ts'
import { readRevocationLists } from './revocation-list.ts'
import { spiffeId } from './spiffe-id.ts'

const authority = createAuthority()
const folder = mkdtempSync(join(tmpdir(), 'portcullis-names-'))
after(() => {
  authority.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A self-signed certificate with that configuration of OpenSSL, for names that the test authority would not make. */
function selfSigned(subject: string, extensions: string): Uint8Array {
  writeFileSync(join(folder, 'own.key'), authority.key)
  writeFileSync(
    join(folder, 'own.cnf'),
    `[req]\ndistinguished_name=dn\nx509_extensions=ext\nstring_mask=utf8only\nutf8=yes\n[dn]\n[ext]\n${extensions}\n`,
  )
  openssl(
    folder,
    'req',
    '-x509',
    '-new',
    '-key',
    'own.key',
    '-config',
    'own.cnf',
    '-utf8',
    '-multivalue-rdn',
    '-subj',
    subject,
    '-out',
    'own.crt',
  )
  return pemBytes(readFileSync(join(folder, 'own.crt'), 'utf8'))
}

describe('subject', () => {
  const subjects = [
    '/CN=client',
    '/C=DE/O=Example/OU=Unit/CN=client',
    '/O=Example, Inc./CN=a\\+b',
    '/CN= leading and trailing ',
    '/CN=#hash',
    '/CN="quoted" <x>; back\\\\slash',
    '/DC=test/DC=example/UID=42/CN=x',
    '/O=One/CN=multi+UID=7',
    '/CN=Jürgen Größe 東京',
    '/serialNumber=123/street=Way 1/CN=x',
  ]
  for (const subject of subjects) {
    it(`is written as RFC 4514 has it: ${subject}`, () => {
      const der = selfSigned(subject, 'subjectAltName=DNS:x')
      // `-esc_msb` leaves UTF-8 as it is, as the RFC does.
      const theirs = openssl(
        folder,
        'x509',
        '-in',
        'own.crt',
        '-noout',
        '-subject',
        '-nameopt',
        'RFC2253,-esc_msb,utf8',
      )
      assert.equal(readCertificate(der).subject, theirs.replace(/^subject=|\n$/g, '').replace('street=', 'STREET='))
    })
  }

  it('cannot break a log line', () => {
    const der = selfSigned('/CN=a\nb\u001b[2J', 'subjectAltName=DNS:x')
    assert.equal(readCertificate(der).subject, 'CN=a\\0Ab\\1B[2J')
  })
})

describe('subjectAltName', () => {
  it('is read from its bytes: names with commas and quotes stay one name (CVE-2021-44532)', () => {
    const der = selfSigned(
      '/CN=x',
      'subjectAltName=@san\n[san]\nURI.1=http://a.test/?q=\\"DNS:admin.test\\",DNS:evil.test\nDNS.1=good.test',
    )
    const { names } = readCertificate(der)
    assert.deepEqual(names, {
      dns: ['good.test'],
      uris: ['http://a.test/?q="DNS:admin.test",DNS:evil.test'],
      ips: [],
      emails: [],
    })
  })

  it('gives every kind apart, DNS names in lower case, addresses in one spelling', () => {
    const der = selfSigned(
      '/CN=x',
      'subjectAltName=DNS:WWW.Example.test,IP:10.0.0.1,IP:2001:db8:0:0:0:0:0:1,email:a@example.test,URI:spiffe://example.test/x,dirName:dn1\n[dn1]\nCN=inner',
    )
    assert.deepEqual(readCertificate(der).names, {
      dns: ['www.example.test'],
      ips: ['10.0.0.1', '2001:db8::1'],
      emails: ['a@example.test'],
      uris: ['spiffe://example.test/x'],
    })
  })

  for (const [what, san] of [
    ['a NUL', 'DER:30:0A:82:08:61:00:62:2E:74:65:73:74'],
    ['a line break', 'DER:30:0A:82:08:61:0A:62:2E:74:65:73:74'],
    ['a byte outside of ASCII', 'DER:30:0A:82:08:61:C3:62:2E:74:65:73:74'],
    ['no characters', 'DER:30:02:82:00'],
    ['an address of five bytes', 'DER:30:07:87:05:01:02:03:04:05'],
    ['bytes behind its end', 'DER:30:03:82:01:61:00'],
  ] as const) {
    it(`is refused with ${what} in a name`, () => {
      const der = selfSigned('/CN=x', `subjectAltName=${san}`)
      assert.throws(() => readCertificate(der), Error)
    })
  }
})

describe('identity', () => {
  it('holds what policies match: names, SPIFFE id, fingerprint, serial, end', () => {
    const { certificate } = authority.issue({
      subject: '/O=Example/CN=client',
      san: 'URI:spiffe://example.test/client,DNS:client.test',
    })
    const x509 = new X509Certificate(certificate)
    const identity = peerIdentity(new Uint8Array(x509.raw))
    assert.deepEqual(
      { ...identity, der: identity.der.length },
      {
        subject: 'CN=client,O=Example',
        issuer: 'CN=Test CA',
        dns: ['client.test'],
        uris: ['spiffe://example.test/client'],
        ips: [],
        emails: [],
        spiffeId: 'spiffe://example.test/client',
        fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
        serial: x509.serialNumber.toLowerCase(),
        notAfter: Date.parse(x509.validTo),
        der: x509.raw.length,
      },
    )
  })

  const uris: ReadonlyArray<readonly [uris: readonly string[], id: boolean]> = [
    [[], false],
    [['spiffe://example.test/a', 'spiffe://example.test/b'], false],
    [['spiffe://example.test/a', 'https://example.test/'], false],
    [['https://example.test/a'], false],
    [['SPIFFE://example.test/a'], false],
    [['spiffe://Example.test/a'], false],
    [['spiffe:///a'], false],
    [['spiffe://example.test'], false],
    [['spiffe://example.test/'], false],
    [['spiffe://example.test/a/'], false],
    [['spiffe://example.test//a'], false],
    [['spiffe://example.test/a/../b'], false],
    [['spiffe://example.test/./a'], false],
    [['spiffe://example.test/a%2Fb'], false],
    [['spiffe://example.test:8443/a'], false],
    [['spiffe://user@example.test/a'], false],
    [['spiffe://example.test/a?x=1'], false],
    [['spiffe://example.test/a#x'], false],
    [[`spiffe://${'d'.repeat(256)}/a`], false],
    [[`spiffe://example.test/${'a'.repeat(2048)}`], false],
    [['spiffe://example.test/ns/prod/sa/web'], true],
    [['spiffe://10.0.0.1/a'], true],
    [['spiffe://example.test/A-b_c.d/...'], true],
  ]
  for (const [names, holds] of uris) {
    it(`${holds ? 'takes' : 'does not take'} ${JSON.stringify(names).slice(0, 60)} for a SPIFFE id`, () => {
      assert.equal(spiffeId(names), holds ? names[0] : null)
    })
  }
})

describe('parsers', () => {
  it('answer every mutation of a real certificate or CRL with a value or an Error, in bounded time', () => {
    const certificate = pemBytes(
      authority.issue({
        subject: '/O=Example/CN=client',
        san: 'DNS:a.test,IP:10.0.0.1,URI:spiffe://a/b',
        eku: 'clientAuth',
      }).certificate,
    )
    const crl = pemBytes(authority.crl())
    const random = sequence(20261122)
    let errors = 0
    const runs = 20_000
    for (let run = 0; run < runs; run++) {
      const isCertificate = run % 2 === 0
      const bytes = mutated(isCertificate ? certificate : crl, random)
      try {
        if (isCertificate) readCertificate(bytes)
        else readRevocationLists(Buffer.from(bytes).toString('base64'))
      } catch (error) {
        assert.ok(error instanceof Error && !(error instanceof RangeError), String(error))
        errors += 1
      }
    }
    assert.ok(errors > runs / 4, `only ${errors} of ${runs} mutations were noticed`)
  })
})

/** Pseudo-random integers below `max` (xorshift32); the same in every run. */
function sequence(seed: number): (max: number) => number {
  let state = seed
  return max => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % max
  }
}

function mutated(bytes: Uint8Array, random: (max: number) => number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  for (let changes = 1 + random(3); changes > 0; changes--) copy[random(copy.length)] = random(256)
  return random(4) === 0 ? copy.subarray(0, random(copy.length)) : copy
}
