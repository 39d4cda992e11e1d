import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, hash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { Agent, fetch } from 'undici'
import { type BodyFile, body, digestOf, writeBodies } from '../support/byte-bodies.ts'
import { createAuthority } from '../support/certificates.ts'
import { startGateway } from '../support/gateway.ts'
import { freePorts } from '../support/ports.ts'
import type { Running } from '../support/process.ts'
import { needs, requireService } from '../support/service.ts'

// Clients that no one here wrote send bodies of every awkward length through the gateway and get them back, byte for byte.

const run = promisify(execFile)
const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-clients-'))
const ca = path.join(folder, 'ca.crt')
const compressed = gzipSync(body(300_000))

/** What the origin was sent, by the last segment of the path. */
const arrived = new Map<string, { sha256: string; framing: string }>()
const origin = createServer((request, response) => {
  if (request.url === '/gzip') {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': compressed.length }).end(compressed)
    return
  }
  const digest = createHash('sha256')
  const name = (request.url ?? '').replace(/.*\//, '')
  const length = request.headers['content-length']
  // Many clients send all before they read anything: the answer waits for the end. It is framed as the request was.
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => {
    digest.update(piece)
    pieces.push(piece)
  })
  request.on('end', () => {
    arrived.set(name, { sha256: digest.digest('hex'), framing: length === undefined ? 'chunked' : 'length' })
    if (length !== undefined) response.setHeader('content-length', length)
    Readable.from(pieces).pipe(response)
  })
})

interface Got {
  readonly name: string
  readonly status: number
  readonly sha256: string
}

let gateway: Running
let files: BodyFile[]
let bases: Readonly<Record<'plain' | 'tls', string>>

before(async () => {
  const authority = createAuthority()
  const { certificate, key } = authority.issue({ san: 'DNS:localhost', eku: 'serverAuth' })
  writeFileSync(ca, authority.certificate)
  writeFileSync(path.join(folder, 'server.crt'), certificate)
  writeFileSync(path.join(folder, 'server.key'), key, { mode: 0o600 })
  authority.close()
  files = writeBodies(folder)
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  const [plain, tls] = (await freePorts(2)) as [number, number]
  bases = { plain: `http://localhost:${plain}`, tls: `https://localhost:${tls}` }
  writeFileSync(
    path.join(folder, 'gateway.yaml'),
    `version: 1
workers: 2
listeners:
  - { name: plain, address: "127.0.0.1:${plain}" }
  - { name: tls, address: "127.0.0.1:${tls}", tls: { certificates: [{ certificate: file:server.crt, key: file:server.key }] } }
services:
  origin: { targets: ["http://127.0.0.1:${(origin.address() as AddressInfo).port}"] }
routes:
  - { name: all, match: { path: /** }, service: origin, policies: [{ use: anonymous }] }
`,
  )
  gateway = await startGateway({ config: path.join(folder, 'gateway.yaml') })
})

after(async () => {
  await gateway?.stop()
  origin.closeAllConnections()
  origin.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Everything came back, and everything had arrived in the framing in which it was sent. */
function assertIntact(got: readonly Got[], framings: readonly string[] = ['length', 'chunked']): void {
  const byName = new Map(got.map(one => [one.name, one]))
  for (const file of files) {
    for (const framing of framings) {
      const name = `${file.name}-${framing}`
      assert.deepEqual(byName.get(name), { name, status: 200, sha256: file.sha256 })
      // An empty body may be sent as none at all.
      if (file.size > 0) assert.deepEqual(arrived.get(name), { sha256: file.sha256, framing }, name)
    }
  }
  assert.deepEqual(byName.get('gzip'), { name: 'gzip', status: 200, sha256: hash('sha256', compressed) })
  assert.equal(got.length, files.length * framings.length + 1)
}

async function program(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Got[]> {
  arrived.clear()
  const { stdout } = await run(command, args, { timeout: 120_000, env: { ...process.env, ...env } })
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Got)
}

for (const kind of ['plain', 'tls'] as const) {
  describe(`bodies of 0 B to 64 MiB over ${kind} pass byte for byte`, { timeout: 240_000 }, () => {
    it('with curl', async () => {
      arrived.clear()
      const got: Got[] = []
      const send = async (name: string, where: string, args: readonly string[]): Promise<void> => {
        const out = path.join(folder, 'answer')
        const fixed = ['-sS', '--max-time', '60', '--cacert', ca, '-o', out, '-w', '%{http_code}', '-H', 'Expect:']
        const { stdout } = await run('curl', [...fixed, ...args, `${bases[kind]}${where}`], { timeout: 90_000 })
        got.push({ name, status: Number(stdout), sha256: await digestOf(createReadStream(out)) })
        rmSync(out, { force: true })
      }
      for (const file of files) {
        const name = `${file.name}-length`
        await send(name, `/echo/${name}`, ['-X', 'POST', '--data-binary', `@${file.path}`])
        // By -T: curl 7.88 with --data-binary in chunks over TLS sometimes leaves the whole answer unread in its socket, whoever
        // serves; and an empty file by -T never gets its last chunk.
        const chunked = `${file.name}-chunked`
        const content = file.size === 0 ? ['--data-binary', ''] : ['-T', file.path]
        await send(chunked, `/echo/${chunked}`, ['-H', 'Transfer-Encoding: chunked', '-X', 'POST', ...content])
      }
      await send('gzip', '/gzip', ['-H', 'Accept-Encoding: gzip'])
      assertIntact(got)
    })

    it('with curl that waits for 100 Continue, and slowly both ways', async () => {
      const file = files.find(({ size }) => size === 1 << 20) as BodyFile
      const out = path.join(folder, 'slow')
      const fixed = ['-sS', '--max-time', '60', '--cacert', ca, '-o', out, '-w', '%{http_code}']
      const slow = [
        '-H',
        'Expect: 100-continue',
        '--expect100-timeout',
        '50',
        '--limit-rate',
        '700K',
        '--data-binary',
        `@${file.path}`,
      ]
      const { stdout } = await run('curl', [...fixed, ...slow, `${bases[kind]}/echo/slow`], { timeout: 90_000 })
      assert.equal(stdout, '200')
      assert.equal(hash('sha256', readFileSync(out)), file.sha256)
      assert.equal(arrived.get('slow')?.sha256, file.sha256)
    })

    it('with Python httpx', needs('python'), async () => {
      const script = path.join(import.meta.dirname, 'programs/client.py')
      assertIntact(await program(requireService('python'), [script, bases[kind], ca, ...files.map(file => file.path)]))
    })

    it('with Go net/http, eight at a time', needs('go'), async () => {
      const source = path.join(import.meta.dirname, 'programs/client.go')
      assertIntact(
        await program(requireService('go'), ['run', source, bases[kind], ca, ...files.map(file => file.path)], {
          GOFLAGS: '-mod=mod',
          GOTOOLCHAIN: 'local',
          CGO_ENABLED: '0',
        }),
      )
    })

    it('with Node fetch', async () => {
      arrived.clear()
      const dispatcher = new Agent({ connect: { ca: readFileSync(ca, 'utf8') }, allowH2: false })
      const got: Got[] = []
      for (const file of files) {
        for (const framing of ['length', 'chunked']) {
          const name = `${file.name}-${framing}`
          const content = framing === 'length' ? readFileSync(file.path) : Readable.toWeb(createReadStream(file.path))
          const answer = await fetch(`${bases[kind]}/echo/${name}`, {
            method: 'POST',
            body: content,
            duplex: 'half',
            dispatcher,
          })
          got.push({ name, status: answer.status, sha256: await digestOf(answer.body ?? Readable.from([])) })
        }
      }
      // fetch unpacks: the content is compared, not the bytes on the wire.
      const packed = await fetch(`${bases[kind]}/gzip`, { dispatcher })
      const content = gzipSync(Buffer.from(await packed.arrayBuffer()))
      got.push({ name: 'gzip', status: packed.status, sha256: hash('sha256', content) })
      await dispatcher.close()
      assertIntact(got)
    })
  })
}
