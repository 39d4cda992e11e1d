import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** What all subjects are given: one certificate, one RSA key set, 200 tokens, a 1 KB body. Files in one folder. */
export interface Material {
  readonly folder: string
  readonly certificate: string
  readonly key: string
  readonly tokens: string
  readonly body: string
}

const issuer = 'https://auth.internal.net/'

/** Makes keys, certificate (P-256), JWKS, 200 RS256 tokens of different subjects and the body. They are good for a day. */
export function makeMaterial(folder: string): Material {
  mkdirSync(folder, { recursive: true })
  const file = (name: string) => path.join(folder, name)
  // prettier-ignore
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '30',
      '-subj',
      '/CN=localhost',
      '-keyout',
      file('k.pem'),
      '-out',
      file('c.pem'),
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
    ],
    { stdio: 'ignore' },
  )
  writeFileSync(file('ck.pem'), readFileSync(file('c.pem'), 'utf8') + readFileSync(file('k.pem'), 'utf8'))

  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(file('jwt.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }
  writeFileSync(file('jwks.json'), JSON.stringify({ keys: [jwk] }))
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const token = (index: number) => {
    const claims = {
      iss: issuer,
      aud: 'gw',
      sub: `client-${index}`,
      jti: randomUUID(),
      scope: 'orders:read orders:write',
      iat: now,
      exp: now + 86_400,
    }
    const input = `${encode({ alg: 'RS256', typ: 'JWT', kid: 'k1' })}.${encode(claims)}`
    return `${input}.${sign('RSA-SHA256', Buffer.from(input), privateKey).toString('base64url')}`
  }
  writeFileSync(file('tokens.txt'), `${Array.from({ length: 200 }, (_, index) => token(index)).join('\n')}\n`)
  writeFileSync(file('body.json'), orderOf(1024))
  return {
    folder,
    certificate: file('c.pem'),
    key: file('k.pem'),
    tokens: file('tokens.txt'),
    body: file('body.json'),
  }
}

/** An order of exactly `bytes` bytes that fits configs/order.schema.json (12 properties). */
function orderOf(bytes: number): string {
  const order = {
    id: 42,
    customer: 'c-1001',
    currency: 'EUR',
    total: 1249.5,
    paid: false,
    created: '2026-01-31T12:00:00Z',
    channel: 'web',
    priority: 3,
    tags: ['a', 'b', 'c'],
    address: { street: 'Main Street 1', city: 'Springfield', zip: '12345' },
    items: [] as Array<{ sku: string; quantity: number; price: number }>,
    note: '',
  }
  while (JSON.stringify(order).length < bytes - 64) {
    order.items.push({ sku: `SKU-${1000 + order.items.length}`, quantity: 3, price: 9.99 })
  }
  order.note = 'x'.repeat(bytes - JSON.stringify(order).length)
  return JSON.stringify(order)
}
