import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { createAuthority } from '../../../test/support/certificates.ts'
import { certificateEntry, tlsInput } from '../../../test/support/tls-listener.ts'
import { ConfigError } from '../../core/config-error.ts'
import { Secret } from '../../core/secret.ts'
import { pemBytes } from './pem.ts'
import { compileTls, type TlsInput } from './settings.ts'
import { tlsWarnings } from './warnings.ts'

const authority = createAuthority()
const other = createAuthority('Other CA')
const namesake = createAuthority()
after(() => {
  authority.close()
  other.close()
  namesake.close()
})
const server = authority.issue({ subject: '/CN=localhost', san: 'DNS:localhost', eku: 'serverAuth' })
const second = authority.issue({ subject: '/CN=localhost', san: 'DNS:*.shop.test,DNS:localhost' })
const small = authority.issue({ subject: '/CN=small', san: 'DNS:small.test', key: 'rsa:1024' })
const encrypted = String(
  createPrivateKey(server.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'open sesame',
  }),
)

/** Settings with one certificate whose texts the test spoils. */
function spoiled(changes: { certificate?: string; key?: string; passphrase?: string }): TlsInput {
  const { certificate = server.certificate, key = server.key, passphrase } = changes
  return tlsInput(server, {
    certificates: [
      { certificate, key: new Secret(key), passphrase: passphrase === undefined ? null : new Secret(passphrase) },
    ],
  })
}

function asking(changes: Partial<TlsInput>): TlsInput {
  return tlsInput(server, { clientAuth: 'required', clientCa: authority.certificate, ...changes })
}

function issuesOf(input: TlsInput) {
  try {
    compileTls(input)
  } catch (error) {
    if (error instanceof ConfigError) return error.issues
    throw error
  }
  return []
}

describe('broken TLS files are refused with words that say what to do', () => {
  const half = (text: string) => text.slice(0, text.length / 2)
  const cases: ReadonlyArray<readonly [fault: string, input: TlsInput, pointer: string, reason: RegExp]> = [
    ['no certificate at all', tlsInput(server, { certificates: [] }), '/certificates', /needs a certificate/],
    ['an empty certificate file', spoiled({ certificate: '\n' }), '/certificates/0/certificate', /the text is empty/],
    [
      'a certificate file that is cut off',
      spoiled({ certificate: half(server.certificate) }),
      '/certificates/0/certificate',
      /cut off/,
    ],
    [
      'a certificate with bytes missing',
      spoiled({ certificate: server.certificate.replace(/\n.{64}\n/, '\n') }),
      '/certificates/0/certificate',
      /does not parse/,
    ],
    [
      'a certificate in DER',
      spoiled({ certificate: Buffer.from(pemBytes(server.certificate)).toString('latin1') }),
      '/certificates/0/certificate',
      /PEM/,
    ],
    [
      'the key in the place of the certificate',
      spoiled({ certificate: server.key }),
      '/certificates/0/certificate',
      /but a PRIVATE KEY/,
    ],
    [
      'the certificate in the place of the key',
      spoiled({ key: server.certificate }),
      '/certificates/0/key',
      /but a CERTIFICATE/,
    ],
    ['an empty key file', spoiled({ key: '' }), '/certificates/0/key', /the text is empty/],
    ['a key file that is cut off', spoiled({ key: half(server.key) }), '/certificates/0/key', /does not parse|cut off/],
    [
      'the key of another certificate',
      spoiled({ key: second.key }),
      '/certificates/0/key',
      /does not belong to the certificate of CN=localhost/,
    ],
    [
      'an encrypted key without a passphrase',
      spoiled({ key: encrypted }),
      '/certificates/0/key',
      /encrypted and there is no passphrase/,
    ],
    [
      'the wrong passphrase',
      spoiled({ key: encrypted, passphrase: 'wrong' }),
      '/certificates/0/key',
      /passphrase does not open/,
    ],
    [
      'a chain with the CA in front',
      spoiled({ certificate: authority.certificate + server.certificate }),
      '/certificates/0/key',
      /does not belong/,
    ],
    ['an RSA key of 1024 bits', tlsInput(small), '/certificates/0', /ee key too small/],
    [
      'two certificates for one name',
      tlsInput(server, { certificates: [server, second].map(certificateEntry) }),
      '/certificates/1',
      /localhost is a name of certificate 1 too/,
    ],
    ['client certificates without a CA', asking({ clientCa: null }), '/clientCa', /required needs the CAs/],
    [
      'a client CA that nobody is asked for',
      tlsInput(server, { clientCa: authority.certificate }),
      '/clientCa',
      /clientAuth is none/,
    ],
    ['an empty CA bundle', asking({ clientCa: '' }), '/clientCa', /the text is empty/],
    ['a CA bundle without certificates', asking({ clientCa: 'hello' }), '/clientCa', /no CA certificate/],
    [
      'a broken CA in the bundle',
      asking({ clientCa: authority.certificate + other.certificate.replace(/\n.{64}\n/, '\n') }),
      '/clientCa',
      /CA certificate 2 of the bundle/,
    ],
    ['a CRL that is no CRL', asking({ crls: ['hello!'] }), '/crls/0', /no CRL in PEM form/],
    [
      'a CRL with bytes missing',
      asking({ crls: [authority.crl().replace(/\n.{64}\n/, '\n')] }),
      '/crls/0',
      /does not parse/,
    ],
    [
      'the CRL of another CA',
      asking({ crls: [authority.crl(), other.crl()] }),
      '/crls/1',
      /issued by CN=Other CA, which is no CA of clientCa/,
    ],
    ['a CRL of a CA with the same name', asking({ crls: [namesake.crl()] }), '/crls/0', /that CA did not sign it/],
    [
      'a CRL where nobody is asked',
      tlsInput(server, { crls: [authority.crl()] }),
      '/crls',
      /no client certificate is asked for/,
    ],
  ]
  let ran = 0
  for (const [fault, input, pointer, reason] of cases) {
    it(fault, () => {
      const issues = issuesOf(input)
      const found = issues.find(issue => issue.pointer === pointer)
      assert.match(found?.reason ?? JSON.stringify(issues), reason)
      for (const issue of issues)
        assert.doesNotMatch(JSON.stringify(issue), /[A-Za-z0-9+/]{48}/, 'no bytes of a file in the words')
      ran += 1
    })
  }
  after(() => assert.equal(ran, cases.length))

  it('stand below the pointer that the caller gives', () => {
    assert.throws(
      () => compileTls(spoiled({ key: '' }), '/listeners/2/tls'),
      (error: unknown) =>
        error instanceof ConfigError && error.issues[0]?.pointer === '/listeners/2/tls/certificates/0/key',
    )
  })

  it('names all faults at once', () => {
    const input = { ...spoiled({ key: second.key }), clientAuth: 'required' as const, clientCa: null }
    assert.deepEqual(
      issuesOf(input).map(issue => issue.pointer),
      ['/certificates/0/key', '/clientCa'],
    )
  })
})

describe('good TLS files', () => {
  it('are read into facts: subject, names, end, fingerprint', () => {
    const [certificate] = compileTls(tlsInput(second)).certificates
    assert.equal(certificate.subject, 'CN=localhost')
    assert.deepEqual([...certificate.names.exact], ['localhost'])
    assert.deepEqual([...certificate.names.wildcardParents], ['shop.test'])
    assert.ok(certificate.notAfter > Date.now())
    assert.match(certificate.fingerprint, /^[0-9a-f]{64}$/)
  })

  it('may hold an encrypted key with its passphrase, a chain, comments, certificate and key in one file', () => {
    const together = `# ours\n${server.key}${server.certificate}${authority.certificate}`
    assert.deepEqual(issuesOf(spoiled({ key: encrypted, passphrase: 'open sesame' })), [])
    assert.deepEqual(issuesOf(spoiled({ certificate: together, key: together })), [])
  })

  it('may hold CRLs in PEM and as DER in base64', () => {
    const der = Buffer.from(pemBytes(authority.crl())).toString('base64')
    assert.deepEqual(issuesOf(asking({ crls: [der] })), [])
    assert.deepEqual(
      compileTls(asking({ crls: [der] })).trust.crls.map(list => list.issuer),
      ['CN=Test CA'],
    )
  })

  it('never print a key', () => {
    assert.doesNotMatch(JSON.stringify(compileTls(tlsInput(server))), /PRIVATE KEY/)
  })
})

describe('warnings', () => {
  // A minute on, so that certificates made just now are valid already.
  const now = Date.now() + 60_000
  const cases: ReadonlyArray<readonly [what: string, input: TlsInput, at: number, words: readonly RegExp[]]> = [
    ['nothing about good files', asking({ crls: [authority.crl()] }), now, []],
    [
      'an expired certificate',
      tlsInput(server),
      now + 40 * 86_400_000,
      [/certificate of CN=localhost expired on \d{4}-/],
    ],
    ['a certificate that ends within the week', tlsInput(server), now + 25 * 86_400_000, [/expires on/]],
    ['a certificate from the future', tlsInput(server), now - 40 * 86_400_000, [/not valid before/]],
    [
      'a chain out of order',
      spoiled({ certificate: server.certificate + other.certificate }),
      now,
      [/chain is not in order/],
    ],
    [
      'a certificate without names',
      tlsInput(authority.issue({ subject: '/CN=bare.test' })),
      now,
      [/no subjectAltName/],
    ],
    [
      'a certificate for clients',
      tlsInput(authority.issue({ san: 'DNS:x.test', eku: 'clientAuth' })),
      now,
      [/lacks serverAuth/],
    ],
    ['a bundle member that is no CA', asking({ clientCa: server.certificate }), now, [/is no CA certificate/]],
    [
      'a CRL out of date',
      asking({ crls: [authority.crl({ expired: true })] }),
      now,
      [/CRL of CN=Test CA should have been replaced/],
    ],
    [
      'a CA without a CRL beside one with',
      asking({ clientCa: authority.certificate + other.certificate, crls: [authority.crl()] }),
      now,
      [/none of CN=Other CA/],
    ],
  ]
  for (const [what, input, at, words] of cases) {
    it(what, () => {
      const warnings = tlsWarnings(compileTls(input), at)
      assert.equal(warnings.length, words.length, warnings.join('\n'))
      words.forEach((word, index) => {
        assert.match(warnings[index] ?? '', word)
      })
    })
  }
})
