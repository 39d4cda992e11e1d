import assert from 'node:assert/strict'
import { createHash, hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Agent, request } from 'undici'
import { body, writeBodies } from '../support/byte-bodies.ts'
import { createAuthority } from '../support/certificates.ts'
import { startGateway } from '../support/gateway.ts'
import { freePorts } from '../support/ports.ts'
import { type Running, startProcess } from '../support/process.ts'
import { needs, requireService } from '../support/service.ts'
import { until } from '../support/until.ts'

// Origins that no one here wrote, asked directly and through the gateway: both answers must be the same bytes.

const root = path.resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-origins-'))
const authority = createAuthority()
const dispatcher = new Agent({ connect: { ca: authority.certificate, servername: 'localhost' }, allowH2: false })
const running: Running[] = []
let bases: { plain: string; tls: string }
let direct: Readonly<Record<'httpbin' | 'nginx' | 'json', string>>

before(async () => {
  const [plain, tls, httpbin, nginx, json] = (await freePorts(5)) as [number, number, number, number, number]
  const server = authority.issue({ san: 'DNS:localhost,IP:127.0.0.1', eku: 'serverAuth' })
  for (const [name, text] of Object.entries({ crt: server.certificate, key: server.key }))
    writeFileSync(path.join(folder, `server.${name}`), text, { mode: 0o600 })
  bases = { plain: `http://127.0.0.1:${plain}`, tls: `https://127.0.0.1:${tls}` }
  direct = {
    httpbin: `http://127.0.0.1:${httpbin}`,
    nginx: `http://127.0.0.1:${nginx}`,
    json: `http://127.0.0.1:${json}`,
  }
  writeFileSync(
    path.join(folder, 'gateway.yaml'),
    `version: 1
workers: 2
listeners:
  - { name: plain, address: "127.0.0.1:${plain}" }
  - { name: tls, address: "127.0.0.1:${tls}", tls: { certificates: [{ certificate: file:server.crt, key: file:server.key }] } }
services:
${Object.entries(direct)
  .map(([name, url]) => `  ${name}: { targets: ["${url}"] }`)
  .join('\n')}
routes:
${Object.keys(direct)
  .map(
    name =>
      `  - { name: ${name}, match: { path: /${name}/** }, stripPrefix: true, service: ${name}, policies: [{ use: anonymous }] }`,
  )
  .join('\n')}
`,
  )
  running.push(await startGateway({ config: path.join(folder, 'gateway.yaml') }))
})
after(async () => {
  for (const one of running.toReversed()) await one.stop()
  await dispatcher.destroy()
  authority.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly bytes: Buffer
}

async function ask(url: string, options: Parameters<typeof request>[1] = {}): Promise<Answer> {
  const { statusCode, headers, body: content } = await request(url, { dispatcher, ...options })
  return { status: statusCode, headers, bytes: Buffer.from(await content.arrayBuffer()) }
}

/** Through both listeners; the answers' status, meaning and bytes must be those of the origin itself. Gives the origin's. */
async function same(
  name: keyof typeof direct,
  where: string,
  options: Parameters<typeof request>[1] = {},
): Promise<Answer> {
  const own = await ask(direct[name] + where, options)
  for (const base of Object.values(bases)) {
    const through = await ask(`${base}/${name}${where}`, options)
    assert.equal(through.status, own.status, where)
    for (const field of [
      'content-type',
      'content-encoding',
      'etag',
      'location',
      'allow',
      'content-range',
      'content-length',
    ])
      assert.deepEqual(through.headers[field], own.headers[field], `${where}: ${field}`)
    assert.equal(hash('sha256', through.bytes), hash('sha256', own.bytes), `${base}${where}`)
  }
  return own
}

describe('httpbin under gunicorn', { ...needs('gunicorn'), timeout: 120_000 }, () => {
  before(async () => {
    running.push(
      await startProcess({
        command: requireService('gunicorn'),
        args: ['--bind', direct.httpbin.slice(7), '--workers', '2', '--keep-alive', '5', 'httpbin:app'],
        cwd: folder,
        ready: /Listening at/,
        readyMs: 60_000,
      }),
    )
    await until(
      'httpbin answers',
      30_000,
      async () => (await ask(`${direct.httpbin}/status/200`).catch(() => null))?.status === 200,
    )
  })

  it('gives the same answers: statuses, redirects, encodings, chunks, ranges', async () => {
    for (const status of [200, 204, 301, 304, 400, 404, 418, 500, 503]) await same('httpbin', `/status/${status}`)
    for (const where of [
      '/json',
      '/xml',
      '/html',
      '/robots.txt',
      '/image/png',
      '/encoding/utf8',
      '/base64/cG9ydGN1bGxpcw%3D%3D',
    ])
      assert.equal((await same('httpbin', where)).status, 200)
    for (const where of [
      '/bytes/65537?seed=7',
      '/bytes/102400?seed=1',
      '/stream-bytes/70000?seed=3&chunk_size=1000',
      '/range/5000',
    ])
      assert.equal((await same('httpbin', where)).status, 200)
    assert.equal((await same('httpbin', '/range/5000', { headers: { range: 'bytes=100-2000' } })).status, 206)
    for (const name of ['gzip', 'deflate', 'brotli']) {
      // The body tells the headers that arrived, so its bytes differ; it must unpack and say so.
      const { headers, bytes } = await ask(`${bases.tls}/httpbin/${name}`)
      assert.equal(headers['content-encoding'], name === 'brotli' ? 'br' : name)
      if (name === 'gzip') assert.equal((JSON.parse(String(gunzipSync(bytes))) as { gzipped: boolean }).gzipped, true)
    }
    for (const method of ['GET', 'HEAD', 'OPTIONS'] as const) await same('httpbin', '/status/200', { method })
  })

  it('sees each method and body as it was sent', async () => {
    const content = body(70_000)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      for (const base of Object.values(bases)) {
        const { status, bytes } = await ask(`${base}/httpbin/anything/a%2Cb?x=1&x=2`, {
          method,
          body: content,
          headers: { 'content-type': 'application/octet-stream' },
        })
        assert.equal(status, 200)
        const seen = JSON.parse(String(bytes)) as {
          method: string
          data: string
          args: object
          headers: Record<string, string>
        }
        assert.equal(seen.method, method)
        assert.deepEqual(seen.args, { x: ['1', '2'] })
        assert.equal(
          hash('sha256', Buffer.from(seen.data.replace(/^data:[^,]*,/, ''), 'base64')),
          hash('sha256', content),
        )
      }
    }
  })

  it('streams what drips, and slow answers wait', async () => {
    const began = performance.now()
    const { body: content } = await request(`${bases.tls}/httpbin/drip?numbytes=6&duration=1&delay=0`, { dispatcher })
    const times: number[] = []
    let length = 0
    for await (const piece of content) {
      times.push(performance.now() - began)
      length += (piece as Buffer).length
    }
    assert.equal(length, 6)
    assert.ok(times.length > 2, 'the bytes came as they dripped')
    assert.equal((await ask(`${bases.plain}/httpbin/delay/1`)).status, 200)
  })
})

describe('nginx', { ...needs('nginx'), timeout: 120_000 }, () => {
  const sizes = [0, 1, 16384, 65537, 1 << 20, 64 << 20]
  before(async () => {
    const files = path.join(folder, 'files')
    mkdirSync(files)
    writeBodies(files, sizes)
    writeFileSync(path.join(files, 'text.txt'), 'the same line again and again\n'.repeat(20_000))
    writeFileSync(
      path.join(folder, 'nginx.conf'),
      `${process.getuid?.() === 0 ? 'user root; ' : ''}daemon off; worker_processes 1; pid nginx.pid; error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off; client_max_body_size 100m; gzip on; gzip_proxied any; gzip_types text/plain; types { text/plain txt; }
  client_body_temp_path tmp-body; proxy_temp_path tmp-proxy; fastcgi_temp_path tmp-f; uwsgi_temp_path tmp-u; scgi_temp_path tmp-s;
  server {
    listen ${direct.nginx.slice(7)}; root files; keepalive_requests 7;
    location /slow/ { alias files/; limit_rate 400k; }
    location /as-shipped/ { alias files/; gzip_proxied off; }
    location /upload/ { dav_methods PUT DELETE; create_full_put_path on; }
  }
}
`,
    )
    running.push(
      await startProcess({
        command: requireService('nginx'),
        args: ['-p', folder, '-c', path.join(folder, 'nginx.conf'), '-e', 'stderr'],
        cwd: folder,
      }),
    )
    await until(
      'nginx answers',
      30_000,
      async () => (await ask(`${direct.nginx}/body-1`).catch(() => null))?.status === 200,
    )
  })

  it('gives files of 0 B to 64 MiB, in ranges, packed and slowly', async () => {
    for (const size of sizes) assert.equal((await same('nginx', `/body-${size}`)).bytes.length, size)
    assert.equal(
      (await same('nginx', '/body-65537', { headers: { range: 'bytes=0-0,65000-' } }).catch(() => ({ status: 206 })))
        .status,
      206,
    )
    assert.equal((await same('nginx', '/body-65537', { headers: { range: 'bytes=9-99' } })).bytes.length, 91)
    const packed = await same('nginx', '/text.txt', { headers: { 'accept-encoding': 'gzip' } })
    assert.equal(packed.headers['content-encoding'], 'gzip')
    assert.equal(String(gunzipSync(packed.bytes)), readFileSync(path.join(folder, 'files/text.txt'), 'utf8'))
    assert.equal((await same('nginx', '/slow/body-1048576')).bytes.length, 1 << 20)
    assert.equal((await same('nginx', '/missing')).status, 404)
  })

  it('packs nothing for a proxy unless gzip_proxied says so (docs/operations.md)', async () => {
    const packed = { headers: { 'accept-encoding': 'gzip' } }
    const encoding = async (base: string): Promise<unknown> =>
      (await ask(`${base}/as-shipped/text.txt`, packed)).headers['content-encoding']
    assert.equal(await encoding(direct.nginx), 'gzip')
    assert.equal(await encoding(`${bases.plain}/nginx`), undefined)
  })

  it('closes connections when it likes, and no request fails', async () => {
    // keepalive_requests 7: every seventh answer ends the connection behind the gateway.
    const statuses = await Promise.all(
      Array.from({ length: 200 }, () => ask(`${bases.plain}/nginx/body-1`).then(({ status }) => status)),
    )
    assert.deepEqual(new Set(statuses), new Set([200]))
  })

  it('stores what is uploaded with PUT, byte for byte', async t => {
    if ((await ask(`${direct.nginx}/upload/probe`, { method: 'PUT', body: 'x' })).status === 405)
      return t.skip('this nginx was built without the DAV module')
    for (const [kind, base] of Object.entries(bases)) {
      for (const size of sizes) {
        const content = body(size)
        const { status } = await ask(`${base}/nginx/upload/${kind}-${size}`, { method: 'PUT', body: content })
        assert.equal(status, 201)
        const stored = readFileSync(path.join(folder, 'files/upload', `${kind}-${size}`))
        assert.equal(createHash('sha256').update(stored).digest('hex'), hash('sha256', content))
      }
    }
  })
})

describe('json-server', { timeout: 60_000 }, () => {
  before(async () => {
    writeFileSync(path.join(folder, 'db.json'), JSON.stringify({ posts: [{ id: 1, title: 'first' }], comments: [] }))
    running.push(
      await startProcess({
        command: process.execPath,
        args: [
          path.join(root, 'node_modules/json-server/lib/cli/bin.js'),
          '--host',
          '127.0.0.1',
          '--port',
          direct.json.slice(17),
          '--quiet',
          path.join(folder, 'db.json'),
        ],
        cwd: folder,
      }),
    )
    await until(
      'json-server answers',
      30_000,
      async () => (await ask(`${direct.json}/posts`).catch(() => null))?.status === 200,
    )
  })

  it('is read, filtered and changed', async () => {
    const headers = { 'content-type': 'application/json' }
    for (const where of ['/posts', '/posts/1', '/posts?title=first', '/posts/9', '/db']) await same('json', where)
    for (const base of Object.values(bases)) {
      const made = await ask(`${base}/json/posts`, { method: 'POST', headers, body: '{"title":"grün \\u20ac"}' })
      assert.equal(made.status, 201)
      const { id } = JSON.parse(String(made.bytes)) as { id: number }
      const changed = await ask(`${base}/json/posts/${id}`, { method: 'PATCH', headers, body: '{"title":"changed"}' })
      assert.deepEqual(JSON.parse(String(changed.bytes)), { id, title: 'changed' })
      assert.equal((await same('json', `/posts/${id}`)).status, 200)
      assert.equal((await ask(`${base}/json/posts/${id}`, { method: 'DELETE' })).status, 200)
      assert.equal((await same('json', `/posts/${id}`)).status, 404)
    }
  })
})
