import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import path from 'node:path'
import { describe, it } from 'node:test'
import { portcullis } from '../support/command.ts'
import { filesBelow, type InsightWorld, startInsightWorld } from '../support/insight-world.ts'

// Canaries in every place of an exchange, of a span and of a replayed file; then every file and every answer is searched for them.

/** Of a form that tells what they are wherever they stand: in paths, names and hosts too. */
const shaped: Readonly<Record<string, string>> = {
  email: 'canary.email@leak.example',
  phone: '+4915733998811',
  nationalPhone: '(415) 555-0199',
  card: '4716258050958645',
  groupedCard: '5425 2334 3010 9903',
  iban: 'DE75512108001245126199',
  ssn: '536-90-4399',
  nir: '255081416802538',
  codiceFiscale: 'RSSMRA85T10A562S',
  cpf: '390.533.447-05',
  fullName: 'Zacharias Quuxington',
  street: '17 Canary Wharf Lane',
  sentence: 'my secret canary sings at dawn',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ',
  awsKey: 'AKIACANARYCANARY7QX2',
  githubToken: 'ghp_CanaryCanaryCanaryCanaryCanaryCanary',
  stripeKey: 'sk_live_canary0canary0canary0',
  hexToken: 'c0ffee5eedc0ffee5eedc0ffee5eed42',
  opaque: 'V1StGXR8_Z5jdHi6B-myTcanary',
  privateKey: '-----BEGIN PRIVATE KEY-----\nMIICANARYCANARYCANARY\n-----END PRIVATE KEY-----',
}

/** Anything could look like these: no value of query, header or body is kept, so there they must not be found; as a segment of a path they are a word. */
const unshaped: Readonly<Record<string, string>> = {
  firstName: 'Zebulonia',
  password: 'Tr0ub4dor&canary',
  pin: '739154',
  birthDate: '1971-03-29',
  orderNumber: 'ORD-7390281',
  phrase: 'correcthorsebatterycanary',
}
/** Words of a span are its programmer's: nothing in the form of a name or a sentence tells that they are somebody's. */
const wordy = new Set(['fullName', 'street', 'sentence'])
const ofSpans = Object.entries(shaped)
  .filter(([kind]) => !wordy.has(kind))
  .map(([, canary]) => canary)
const all = { ...shaped, ...unshaped }

/** What a leak would look like: the value, decoded or not, in lower case, in base64, without what groups it, and the longer of its pieces. */
function marksOf(canary: string): string[] {
  const pieces = canary.split(/[\s&]+/).filter(piece => piece.length >= 9)
  const bare = canary.replace(/[\s()-]/g, '')
  return [
    ...new Set([
      canary,
      encodeURIComponent(canary),
      encodeURIComponent(canary).replaceAll('%20', '+'),
      JSON.stringify(canary).slice(1, -1),
      Buffer.from(canary).toString('base64'),
      ...(bare.length >= 8 ? [bare] : []),
      ...pieces,
    ]),
  ].filter(mark => mark.length >= 5)
}
const marks = Object.entries(all).flatMap(([kind, canary]) =>
  marksOf(canary).map(mark => [kind, mark.toLowerCase()] as const),
)
const anyMark = new RegExp(marks.map(([, mark]) => patternOf(mark)).join('|'), 'g')

/** Six digits in a row stand by chance in every list of hashes: digits alone are a leak only where the number ends with them. */
function patternOf(mark: string): string {
  const escaped = mark.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return /^\d{1,8}$/.test(mark) ? `(?<!\\d)${escaped}(?!\\d)` : escaped
}

function leaks(text: string): string[] {
  const low = text.toLowerCase()
  return [
    ...new Set(
      [...low.matchAll(anyMark)].map(found => {
        const kind = marks.find(([, mark]) => mark === found[0])?.[0]
        return `${kind}: ${JSON.stringify(text.slice(Math.max(0, found.index - 80), found.index + 60))}`
      }),
    ),
  ].slice(0, 8)
}

const oneLine = (canary: string): string => canary.replaceAll('\n', ' ')
const tokenText = /^[\w!#$%&'*+.^`|~-]+$/

/** Says back what it was sent, in every place that an answer has. */
function echo(req: IncomingMessage, res: ServerResponse): void {
  const parts: Buffer[] = []
  req.on('data', part => parts.push(part as Buffer))
  req.on('end', () => {
    const canary = Buffer.from(String(req.headers['x-echo'] ?? ''), 'base64').toString()
    const line = oneLine(canary)
    const name = Object.values(shaped).includes(canary) ? canary : 'plain'
    const mode = String(req.headers['x-mode'] ?? '')
    res.statusCode = mode === 'broken' ? 500 : 200
    for (const name of [
      'Server',
      'ETag',
      'Location',
      'WWW-Authenticate',
      'X-Powered-By',
      'Vary',
      'Cache-Control',
      'X-Told',
      'Access-Control-Allow-Origin',
    ])
      res.setHeader(name, line)
    res.setHeader('Set-Cookie', [
      `told=${encodeURIComponent(canary)}; Path=/${encodeURIComponent(canary)}`,
      tokenText.test(name) ? `${name}=1` : 'a=b',
    ])
    if (tokenText.test(name)) res.setHeader(name, line)
    if (mode === 'text' || mode === 'broken') {
      res.setHeader('Content-Type', 'text/html')
      res.end(`<html><body>Error: ${canary}\n    at secret (/srv/${canary}/app.js:1:1)\n</body></html>`)
      return
    }
    res.setHeader('Content-Type', `application/json; profile="${line}"`)
    res.end(
      JSON.stringify({
        email: canary,
        [name]: { [name]: canary },
        list: [canary, [canary], { name: canary, value: canary }],
        message: `it says ${canary} here`,
      }),
    )
  })
}

/** Requests with the canary everywhere, as bytes. `places`: also where only a form can tell. */
function requestsOf(kind: string, canary: string, places: boolean): string[] {
  const encoded = encodeURIComponent(canary).replace(
    /[!'()*]/g,
    one => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  const line = oneLine(canary)
  const at = places ? `/${encoded}` : ''
  const name = places ? encoded : 'plain'
  const fieldName = places && tokenText.test(canary) ? canary : 'X-Field'
  const host = places && /^[a-z\d-]{1,63}$/i.test(canary) ? `${canary}.shop.example` : 'shop.example'
  const basic = Buffer.from(`${canary}:${canary}`).toString('base64')
  const claims = Buffer.from(JSON.stringify({ sub: canary, email: canary, [canary]: canary })).toString('base64url')
  const head = (method: string, target: string, lines: readonly string[], body = ''): string =>
    [
      `${method} ${target} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: close',
      `X-Echo: ${Buffer.from(canary).toString('base64')}`,
      `X-Mode: ${method === 'GET' ? 'text' : target.includes('/broken') ? 'broken' : 'json'}`,
      `User-Agent: ${line}`,
      `X-Api-Key: ${line}`,
      `X-Request-Id: ${line}`,
      `tracestate: vendor=${encoded}`,
      `baggage: user=${encoded}`,
      `traceparent: 00-${Buffer.from(kind).toString('hex').padEnd(32, '0').slice(0, 32)}-b7ad6b7169203331-01`,
      ...lines,
      ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
      '',
      body,
    ].join('\r\n')
  const query = `?q=${encoded}&password=${encoded}&${name}=${encoded}&email=${encoded}&token=${encoded}&${name}`
  const json = JSON.stringify({
    email: canary,
    password: canary,
    [places ? canary : 'x']: canary,
    nested: { [places ? canary : 'x']: [{ name: canary }, canary] },
    number: /^\d+$/.test(canary) ? Number(canary) : 1,
  })
  const multipart = `--b\r\nContent-Disposition: form-data; name="${places ? line : 'x'}"; filename="${line}"\r\nContent-Type: text/plain\r\n\r\n${canary}\r\n--b--\r\n`
  const cookie =
    places && tokenText.test(canary)
      ? `${canary}=${encoded}; session=${encoded}`
      : `session=${encoded}; name=${encoded}`
  return [
    head('GET', `/users${at}/orders${query}`, [
      `Authorization: Basic ${basic}`,
      `Cookie: ${cookie}`,
      `Referer: https://x.example/${encoded}?a=${encoded}`,
    ]),
    head('GET', `/users${at}/orders/7${at}${query}`, [
      `Authorization: Bearer ${line}`,
      `Origin: ${line}`,
      `${fieldName}: ${line}`,
    ]),
    head(
      'POST',
      `/json${at}`,
      ['Content-Type: application/json', `Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.${claims}.c2ln`],
      json,
    ),
    head(
      'PUT',
      `/json${at}${query}`,
      [
        `Content-Type: application/json; profile="${line}"`,
        `Authorization: Digest username="${line}", realm="${line}", response="${line}"`,
      ],
      json,
    ),
    head(
      'POST',
      '/form',
      ['Content-Type: application/x-www-form-urlencoded', `Authorization: ${line}`],
      `email=${encoded}&${name}=${encoded}&pass=${encoded}`,
    ),
    head(
      'POST',
      '/upload',
      ['Content-Type: multipart/form-data; boundary=b', `Authorization: DPoP ${line}`, `Accept: ${line}`],
      multipart,
    ),
    head(
      'POST',
      '/xml',
      ['Content-Type: application/xml', `Authorization: Negotiate ${line}`],
      `<a b="${canary}"><c>${canary}</c></a>`,
    ),
    head('POST', '/text', ['Content-Type: text/plain', `Proxy-Authorization: Basic ${basic}`], canary),
    head(
      'POST',
      '/graphql',
      ['Content-Type: application/json'],
      JSON.stringify({ query: `{ user(email: "${canary}") { id } }`, variables: { email: canary } }),
    ),
    head(
      'POST',
      '/odd',
      [`Content-Type: ${tokenText.test(canary) ? `${canary}/${canary}` : 'application/octet-stream'}`],
      canary,
    ),
    head('POST', '/json/broken', ['Content-Type: application/json'], json.slice(0, -3)),
    ...(places && tokenText.test(canary) ? [head(canary, '/method', [])] : []),
    // Refused before a route is found: what is wrong with them must not be told with their words.
    head('GET', `/a//${encoded}${query}`, []),
    head('GET', `/%zz${encoded}`, []),
    `GET /x HTTP/1.1\r\nHost: shop.example\r\n${line} : ${line}\r\n\r\n`,
  ]
}

/** Sends each on a connection of its own; resolves when all are answered. */
async function sendAll(port: number, requests: readonly string[]): Promise<void> {
  for (const text of requests)
    await new Promise<void>(resolve => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text))
      socket.resume()
      socket.on('close', () => resolve()).on('error', () => {})
    })
}

function otlpOf(): string {
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } })
  const spans = ofSpans.map((canary, i) => ({
    traceId: i.toString(16).padStart(32, 'd'),
    spanId: i.toString(16).padStart(16, 'd'),
    name: `GET /users/${canary} ${canary}`,
    kind: 2,
    traceState: `vendor=${canary}`,
    startTimeUnixNano: '1795341600000000000',
    endTimeUnixNano: '1795341600010000000',
    status: { code: 2, message: canary },
    attributes: [
      'http.route',
      'url.path',
      'url.full',
      'http.target',
      'server.address',
      'peer.service',
      'db.statement',
      'db.namespace',
      'enduser.id',
      'http.request.header.authorization',
      'error.type',
      'messaging.destination.name',
      'rpc.method',
      canary,
    ].map(key => attribute(key, key === 'url.full' ? `https://u:${canary}@h/${canary}?q=${canary}` : canary)),
    events: [
      { name: canary, timeUnixNano: '1795341600000000001', attributes: [attribute('exception.message', canary)] },
    ],
    links: [{ traceId: 'e'.repeat(32), spanId: 'e'.repeat(16), attributes: [attribute('a', canary)] }],
  }))
  return JSON.stringify({
    resourceSpans: spans.map((span, i) => ({
      resource: {
        attributes: [
          'service.name',
          'service.namespace',
          'service.owner',
          'k8s.pod.name',
          'host.name',
          'tenant',
          'process.command_line',
        ].map(key => attribute(key, ofSpans[i] ?? '')),
      },
      scopeSpans: [{ scope: { name: ofSpans[i] }, spans: [span] }],
    })),
  })
}

/** Random characters are what an id is made of. */
const idOf = (kind: string, canary: string): string => (kind === 'opaque' || kind === 'hexToken' ? 'i' : canary)

/** Files as other programs write them, whole and broken; the events are of a log that was not ours. */
function writeForeign(folder: string): string[] {
  const time = '2026-11-22T10:00:00Z'
  const lines = Object.entries(all).flatMap(([kind, canary]) => {
    const form = kind in shaped
    const encoded = encodeURIComponent(canary)
    const part = form ? encoded : 'x'
    const headers = {
      authorization: `Bearer ${canary}`,
      cookie: `a=${canary}`,
      'x-note': canary,
      'content-type': 'application/json',
      ...(form ? { [canary]: canary } : {}),
    }
    const body = JSON.stringify({ email: canary, [form ? canary : 'x']: canary })
    const exchange = {
      time,
      method: 'POST',
      url: `https://u:${encoded}@shop.example/f/${part}?email=${encoded}&${part}=1`,
      status: 200,
      request: { headers, body },
      response: { headers, body },
    }
    return [
      JSON.stringify(exchange),
      JSON.stringify({ ...exchange, url: `/raw/${form ? canary : 'x'}?${form ? canary : 'x'}=${canary}` }),
      JSON.stringify({ ...exchange, time: canary }),
      JSON.stringify({ ...exchange, [canary]: canary, method: [canary] }),
      `{"time":"${canary}`,
      canary,
    ]
  })
  const exchanges = path.join(folder, 'f-exchanges')
  writeFileSync(exchanges, `${lines.join('\n')}\n`)
  const events = path.join(folder, 'f-events')
  writeFileSync(
    events,
    Object.entries(shaped)
      .flatMap(([kind, canary]) => [
        JSON.stringify({
          time,
          id: idOf(kind, canary),
          traceId: 'c0ffee',
          method: 'GET',
          host: 'shop.example',
          path: `/log/${canary}`,
          status: 200,
          query: [{ name: canary, type: 'string' }],
          service: 'log',
        }),
        `{"time":"${time}","id":"${canary.replaceAll('\n', ' ')}`,
      ])
      .join('\n'),
  )
  const har = path.join(folder, 'f-har')
  writeFileSync(
    har,
    JSON.stringify({
      log: {
        entries: Object.entries(shaped).flatMap(([, canary]) => {
          const headers = [
            { name: 'x-note', value: canary },
            { name: 'authorization', value: canary },
          ]
          const request = {
            method: 'POST',
            url: `https://shop.example/har/${encodeURIComponent(canary)}?a=${encodeURIComponent(canary)}`,
            headers,
            postData: { mimeType: 'application/json', text: JSON.stringify({ a: canary }) },
          }
          const response = {
            status: 200,
            headers,
            content: { mimeType: 'application/json', text: JSON.stringify({ b: canary }) },
          }
          return [
            { startedDateTime: time, request, response },
            { startedDateTime: canary, request, response: { ...response, status: canary } },
          ]
        }),
      },
    }),
  )
  const envoy = path.join(folder, 'f-envoy')
  writeFileSync(
    envoy,
    Object.entries(shaped)
      .map(([kind, canary]) =>
        JSON.stringify({
          start_time: time,
          method: 'GET',
          path: `/envoy/${encodeURIComponent(canary)}?q=${canary}`,
          response_code: 200,
          authority: 'shop.example',
          user_agent: canary,
          upstream_host: '10.0.0.1:1',
          upstream_cluster: 'outbound|1||s',
          request_id: idOf(kind, canary),
        }),
      )
      .join('\n'),
  )
  const csv = path.join(folder, 'f-csv')
  writeFileSync(
    csv,
    [
      'TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration',
      ...ofSpans.flatMap((canary, i) => [
        `a${i},b${i},root,shop-579b9bff58-t2dbm,"GET /x/${oneLine(canary)}",1795341600000000000,1795341600010000000,1`,
        `${oneLine(canary)},${oneLine(canary)}`,
      ]),
    ].join('\n'),
  )
  return [exchanges, events, har, envoy, csv]
}

async function said(cwd: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await portcullis(cwd, args)
  assert.equal(code, 0, stderr)
  return stdout + stderr
}

function search(where: ReadonlyArray<readonly [name: string, text: string]>): string[] {
  return where.flatMap(([name, text]) => leaks(text).map(leak => `${name}: ${leak}`))
}

const isInput = (file: string): boolean => /\/f-\w+$|\.yaml$/.test(file)
const contents = (folder: string): Array<readonly [string, string]> =>
  filesBelow(folder)
    .filter(file => !isInput(file))
    .map(file => [path.relative(folder, file), readFileSync(file, 'latin1')] as const)

const taken = (world: InsightWorld, sent: number) =>
  world.insightWhen(
    'all is learnt and saved',
    ({ counts, savedEvents }) => counts.events === sent && savedEvents === sent,
  )

async function plant(world: InsightWorld): Promise<number> {
  let sent = 0
  let kinds = 0
  for (const [kind, canary] of Object.entries(all)) {
    const requests = requestsOf(kind, canary, kind in shaped)
    await sendAll(world.port, requests)
    sent += requests.length
    // On a busy machine insight is served last, and what is not taken teaches nothing.
    if (++kinds % 5 === 0) await taken(world, sent)
  }
  await taken(world, sent)
  const { status } = await world.insightWhen('the receiver of spans is open', one => one.otlp !== null)
  const answer = await fetch(`http://127.0.0.1:${status?.otlp?.port}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: otlpOf(),
  })
  assert.equal(answer.status, 200)
  return sent
}

describe('canaries in every place', { timeout: 180_000 }, () => {
  it('are nowhere at rest and in no answer: files, control API, command line', async () => {
    await using world = await startInsightWorld({
      origin: echo,
      more: 'events: [{ sink: file, path: FOLDER/s/events.log }]',
    })
    const sent = await plant(world)
    assert.ok(sent > 300, `${sent} requests`)
    const { status } = await world.insightWhen('the spans are learnt', one => one.counts.spans === ofSpans.length)
    assert.equal(status?.counts.failed, 0)
    assert.deepEqual(status?.quarantined, {})
    const answers: Array<readonly [string, string]> = []
    for (const where of [
      '/inventory',
      '/services',
      '/posture',
      '/traces',
      '/service-map',
      '/coverage',
      '/status',
      '/metrics',
      `/traces/${'0'.padStart(32, 'd')}`,
    ])
      answers.push([where, (await world.ask(where)).text])
    assert.ok((answers[0]?.[1].length ?? 0) > 1000)
    assert.deepEqual(search(answers), [])
    assert.deepEqual(search(contents(world.folder)), [])
    assert.equal(await world.gateway.stop(), 0)
    const stopped = contents(world.folder)
    for (const name of ['s/insight/state.sqlite', 's/insight/history.duckdb', 's/events.log', 'records'])
      assert.ok(
        stopped.some(([file, text]) => file === name && text.length > 1000),
        name,
      )
    assert.deepEqual(search(stopped), [])
    assert.deepEqual(search([['log of the gateway', world.gateway.lines.join('\n')]]), [])
    for (const file of filesBelow(world.folder).filter(one => !isInput(one)))
      assert.equal(statSync(file).mode & 0o077, 0, file)

    const state = ['--state', 's/insight']
    const words: Array<readonly [string, string]> = []
    for (const args of [
      ['inventory', 'list', ...state],
      ['inventory', 'list', '--json', ...state],
      ['inventory', 'export', '--service', 'shop', ...state],
      ['posture', '--format', 'html', ...state],
      ['traces', 'list', ...state],
    ])
      words.push([args.join(' '), await said(world.folder, args)])
    const [exchanges, ...others] = writeForeign(world.folder)
    words.push([
      'replay',
      await said(world.folder, ['replay', '--json', '--format', 'exchanges', '--state', 'r', exchanges as string]),
    ])
    words.push(['replay', await said(world.folder, ['replay', '--json', '--state', 'r', ...others])])
    const report = JSON.parse(words.at(-1)?.[1] ?? '') as {
      files: ReadonlyArray<{ items: number; quarantined: number }>
    }
    assert.ok(report.files.every(({ items }) => items > 0) && report.files.some(({ quarantined }) => quarantined > 0))
    assert.deepEqual(search(words), [])
    assert.deepEqual(search(contents(path.join(world.folder, 'r'))), [])
  })
})
