import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** PEM texts of a certificate and its private key. */
export interface TestCertificate {
  readonly certificate: string
  readonly key: string
}

export interface IssueOptions {
  /** OpenSSL's form: `/O=Example/CN=client`. */
  readonly subject?: string
  /** subjectAltName in OpenSSL's form: `DNS:localhost,IP:127.0.0.1`. */
  readonly san?: string
  /** extendedKeyUsage: `clientAuth`, `serverAuth`, `anyExtendedKeyUsage`. */
  readonly eku?: string
  /** Ended yesterday. */
  readonly expired?: true
  /** A CA itself, below this one. */
  readonly ca?: true
  /** X.509 version 1: no extensions at all. */
  readonly version1?: true
  readonly key?: 'ec' | 'rsa:1024' | 'rsa:2048' | 'ed25519'
  readonly digest?: 'sha1' | 'sha256'
}

/** A certificate authority for tests, made by the openssl command; `close` removes its folder. */
export interface TestAuthority extends TestCertificate {
  issue(options?: IssueOptions): TestCertificate
  /** An authority below this one. */
  subordinate(name: string): TestAuthority
  /** PEM of the list of what was revoked; `expired`: its next update lies in the past. */
  crl(options?: { revoked?: readonly TestCertificate[]; expired?: true }): string
  close(): void
}

export function createAuthority(name = 'Test CA'): TestAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-ca-'))
  const key = newKey(folder, 'ca', 'ec')
  openssl(
    folder,
    'req',
    '-x509',
    '-new',
    '-key',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '30',
    '-subj',
    `/CN=${name}`,
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  )
  return authority(folder, { certificate: readFileSync(join(folder, 'ca.crt'), 'utf8'), key })
}

function authority(folder: string, own: TestCertificate): TestAuthority {
  let count = 0
  writeFileSync(join(folder, 'ca.key'), own.key)
  writeFileSync(join(folder, 'ca.crt'), own.certificate)
  writeFileSync(join(folder, 'index.txt'), '')
  writeFileSync(join(folder, 'serial'), '1000\n')
  writeFileSync(join(folder, 'ca.cnf'), caConfiguration)
  const issue = (options: IssueOptions = {}): TestCertificate => {
    count += 1
    const id = `leaf${count}`
    const key = newKey(folder, id, options.key ?? 'ec')
    openssl(folder, 'req', '-new', '-key', `${id}.key`, '-out', `${id}.csr`, '-subj', options.subject ?? '/CN=leaf')
    const digest = options.digest ?? 'sha256'
    if (options.version1) {
      openssl(
        folder,
        'x509',
        '-req',
        '-in',
        `${id}.csr`,
        '-CA',
        'ca.crt',
        '-CAkey',
        'ca.key',
        '-set_serial',
        String(1000 + count),
        '-days',
        '30',
        '-out',
        `${id}.crt`,
        `-${digest}`,
      )
    } else {
      writeFileSync(join(folder, `${id}.ext`), extensions(options))
      const dates = options.expired ? ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'] : ['-days', '30']
      openssl(
        folder,
        'ca',
        '-batch',
        '-notext',
        '-config',
        'ca.cnf',
        '-in',
        `${id}.csr`,
        '-out',
        `${id}.crt`,
        '-extfile',
        `${id}.ext`,
        '-md',
        digest,
        ...dates,
      )
    }
    return { certificate: readFileSync(join(folder, `${id}.crt`), 'utf8'), key }
  }
  return {
    ...own,
    issue,
    subordinate(name) {
      const below = join(folder, `below${count}`)
      mkdirSync(below)
      return authority(below, issue({ subject: `/CN=${name}`, ca: true }))
    },
    crl({ revoked = [], expired } = {}) {
      writeFileSync(join(folder, 'index.txt'), '')
      revoked.forEach((one, i) => {
        writeFileSync(join(folder, `revoked${i}.crt`), one.certificate)
        openssl(folder, 'ca', '-config', 'ca.cnf', '-revoke', `revoked${i}.crt`)
      })
      const dates = expired
        ? ['-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200201000000Z']
        : ['-crldays', '30']
      openssl(folder, 'ca', '-config', 'ca.cnf', '-gencrl', ...dates, '-out', 'ca.crl')
      return readFileSync(join(folder, 'ca.crl'), 'utf8')
    },
    close() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function newKey(folder: string, name: string, kind: NonNullable<IssueOptions['key']>): string {
  const options = {
    ec: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ed25519: ['-algorithm', 'ED25519'],
    'rsa:1024': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
    'rsa:2048': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  }[kind]
  openssl(folder, 'genpkey', ...options, '-out', `${name}.key`)
  return readFileSync(join(folder, `${name}.key`), 'utf8')
}

function extensions({ san, eku, ca }: IssueOptions): string {
  const lines = [ca ? 'basicConstraints=critical,CA:true' : 'basicConstraints=CA:false']
  if (ca) lines.push('keyUsage=critical,keyCertSign,cRLSign')
  if (san !== undefined) lines.push(`subjectAltName=${san}`)
  if (eku !== undefined) lines.push(`extendedKeyUsage=${eku}`)
  return `${lines.join('\n')}\n`
}

const caConfiguration = `[ca]
default_ca = own
[own]
database = index.txt
serial = serial
certificate = ca.crt
private_key = ca.key
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
emailAddress = optional
`

/** Runs the openssl command in a folder; its words are in the error when it fails. */
export function openssl(folder: string, ...args: readonly string[]): string {
  return execFileSync('openssl', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  })
}
