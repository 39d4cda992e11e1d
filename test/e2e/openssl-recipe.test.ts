import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { createTlsEndpoint } from '../../src/net/tls/endpoint.ts'
import { compileTls } from '../../src/net/tls/settings.ts'
import { createTicketKeys } from '../../src/net/tls/tickets.ts'
import { createAuthority, openssl } from '../support/certificates.ts'
import { tlsInput } from '../support/tls-listener.ts'

/**
 * The five commands that people copy from tutorials. The client certificate that comes out is X.509 version 1, without any
 * extension: no extendedKeyUsage means unrestricted (RFC 5280 §4.2.1.12), so it must log in.
 */
const recipe: ReadonlyArray<readonly string[]> = [
  ['genrsa', '-out', 'ca.key', '4096'],
  [
    'req',
    '-x509',
    '-new',
    '-key',
    'ca.key',
    '-sha256',
    '-days',
    '1024',
    '-subj',
    '/C=DE/O=Example/CN=Example CA',
    '-out',
    'ca.crt',
  ],
  ['genrsa', '-out', 'client.key', '2048'],
  ['req', '-new', '-key', 'client.key', '-subj', '/C=DE/O=Example/CN=client', '-out', 'client.csr'],
  [
    'x509',
    '-req',
    '-in',
    'client.csr',
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '500',
    '-sha256',
    '-out',
    'client.crt',
  ],
]

const folder = mkdtempSync(join(tmpdir(), 'portcullis-recipe-'))
const authority = createAuthority('Server CA')
const server = authority.issue({ subject: '/CN=localhost', san: 'DNS:localhost,IP:127.0.0.1', eku: 'serverAuth' })
after(() => {
  authority.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the openssl recipe', () => {
  before(() => {
    for (const command of recipe) openssl(folder, ...command)
    writeFileSync(join(folder, 'server-ca.crt'), authority.certificate)
  })

  it('makes a client certificate of version 1 without extensions', () => {
    const text = openssl(folder, 'x509', '-in', 'client.crt', '-noout', '-text')
    assert.match(text, /Version: 1 \(0x0\)/)
    assert.doesNotMatch(text, /X509v3 extensions/)
    assert.equal(new X509Certificate(readFileSync(join(folder, 'client.crt'))).keyUsage, undefined)
  })

  for (const clientAuth of ['required', 'optional'] as const) {
    it(`logs in with curl and with Node where certificates are ${clientAuth}`, async () => {
      const listener = await listen(clientAuth)
      const login = ['--cert', join(folder, 'client.crt'), '--key', join(folder, 'client.key')]
      assert.equal(await curl(listener.port, login), 'CN=client,O=Example,C=DE')
      assert.equal(
        await node(listener.port, { cert: read('client.crt'), key: read('client.key') }),
        'CN=client,O=Example,C=DE',
      )
      await listener.close()
    })
  }

  it('does not let anybody in without the certificate', async () => {
    const listener = await listen('required')
    await assert.rejects(curl(listener.port, []))
    await assert.rejects(node(listener.port, {}))
    await listener.close()
    assert.deepEqual(listener.faults, ['certificate-missing', 'certificate-missing'])
  })
})

/** A listener that says in HTTP who its client is. */
async function listen(clientAuth: 'optional' | 'required') {
  const faults: string[] = []
  const endpoint = createTlsEndpoint({
    settings: compileTls(tlsInput(server, { clientAuth, clientCa: read('ca.crt') })),
    ticketKeys: createTicketKeys(),
    onConnection(socket, info) {
      const body = info.peer?.subject ?? 'nobody'
      socket.on('error', () => socket.destroy())
      socket.once('data', () =>
        socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      )
    },
    onHandshakeError: fault => faults.push(fault),
  })
  endpoint.server.listen(0, '127.0.0.1')
  await once(endpoint.server, 'listening')
  return {
    port: (endpoint.server.address() as AddressInfo).port,
    faults,
    async close() {
      endpoint.server.close()
      await once(endpoint.server, 'close')
    },
  }
}

async function curl(port: number, login: readonly string[]): Promise<string> {
  const fixed = ['--silent', '--show-error', '--fail', '--max-time', '60', '--cacert', join(folder, 'server-ca.crt')]
  const { stdout } = await promisify(execFile)('curl', [...fixed, ...login, `https://localhost:${port}/`], {
    timeout: 60_000,
  })
  return stdout
}

function node(port: number, login: { cert?: string; key?: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false })
    const outgoing = request({ host: 'localhost', port, ca: authority.certificate, agent, ...login }, incoming => {
      incoming.setEncoding('utf8')
      let text = ''
      incoming.on('data', (part: string) => {
        text += part
      })
      incoming.on('end', () => resolve(text))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

function read(name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}
