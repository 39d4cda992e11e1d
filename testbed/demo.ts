import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes, scryptSync } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Agent, request } from 'undici'
import { services, spiffeOf } from './bed/estate.ts'
import { stealOrders } from './bed/live/thief.ts'
import { visitBed } from './bed/live/visitors.ts'
import { createTokenIssuer } from './bed/tokens.ts'
import { createWorld } from './bed/world.ts'
import { makeCertificates } from './certificates.ts'
import { writeGateway } from './gateway-files.ts'
import { tellIncidents } from './incidents.ts'
import { type Ask, controlApi, learntInWords } from './learnt.ts'
import { tellPastDays } from './past-days.ts'
import { liveSummary } from './summary.ts'
import { shop } from './traffic/shoppers.ts'
import { tryLines } from './try-lines.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, '.demo')
const children: ChildProcess[] = []
const bedSeed = 7
/** After so long there is something to tell. */
const learntAfterMs = 45_000

/** `npm start`: shop, identity provider, gateway and traffic, until Ctrl-C. */
export async function demo(): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const ending = new AbortController()
  const end = (): void => {
    if (ending.signal.aborted) return
    ending.abort()
    process.stdout.write('\nending …\n')
    for (const child of children.toReversed()) child.kill('SIGTERM')
  }
  // Not once: a second signal must not take us away before the parts have ended.
  process.on('SIGINT', end)
  process.on('SIGTERM', end)

  const ports = await choosePorts({
    public: 8443,
    partners: 8444,
    control: 9901,
    shop: 9001,
    identity: 9002,
    otlp: 4318,
  })
  const bedPorts = await choosePorts(
    Object.fromEntries(services.map(({ name }, i) => [name, 9011 + i])),
    Object.values(ports),
  )
  const hosts = [...new Set(services.flatMap(({ host, meshHost }) => [host, meshHost])), 'staging.fulfilment.example']
  const workloads = Object.fromEntries(services.map(service => [service.name, spiffeOf(service)]))
  const { ca, certificate, key } = await makeCertificates(folder, hosts, workloads)
  const world = createWorld(bedSeed)
  const bedTokens = createTokenIssuer(world.random.fork('issuer'))
  const partnerKey = `pck_${randomBytes(24).toString('hex')}`
  const adminPassword = randomBytes(9).toString('base64url')
  await Promise.all([
    start('the shop', 'testbed/shop/main.ts', { PORT: String(ports.shop) }, 'shop ready'),
    start('the identity provider', 'testbed/identity/main.ts', { PORT: String(ports.identity) }, 'identity ready'),
    start(
      'the bed',
      'testbed/bed/live/main.ts',
      {
        BED_SEED: String(bedSeed),
        BED_PORTS: JSON.stringify(bedPorts),
        BED_FOLDER: folder,
        BED_MESH: `https://localhost:${ports.partners}`,
        BED_SPANS: `http://127.0.0.1:${ports.otlp}/v1/traces`,
      },
      'bed ready',
    ),
  ])
  const issuer = `http://127.0.0.1:${ports.identity}`
  const tokens = new Map(
    await Promise.all(
      ['alice', 'bob', 'carol', 'dave', 'erin', 'mallory'].map(
        async login => [login, await accessToken(issuer, login)] as const,
      ),
    ),
  )
  const files = writeGateway({
    folder,
    root,
    world,
    tokens: bedTokens,
    ports: bedPorts,
    otlp: `127.0.0.1:${ports.otlp}`,
    values: {
      DEMO_STATE: join(folder, 'state'),
      DEMO_EVENTS: join(folder, 'events.ndjson'),
      DEMO_PUBLIC: `127.0.0.1:${ports.public}`,
      DEMO_PARTNERS: `127.0.0.1:${ports.partners}`,
      DEMO_CONTROL: `127.0.0.1:${ports.control}`,
      DEMO_SHOP: `http://127.0.0.1:${ports.shop}`,
      DEMO_ISSUER: issuer,
      DEMO_CERTIFICATE: certificate,
      DEMO_KEY: key,
      DEMO_CA: ca,
      DEMO_KEY_SHA256: createHash('sha256').update(partnerKey).digest('hex'),
      DEMO_ADMINS: `admin:${scryptLine(adminPassword)}\n`,
    },
  })
  const gateway = await start('the gateway', `src/cli/main.ts run --config ${files}`, {}, 'portcullis ready')
  gateway.once('exit', code => {
    if (!ending.signal.aborted) process.stderr.write(`the gateway ended (${code}); the demo ends too\n`)
    end()
  })

  const base = `https://localhost:${ports.public}`
  const controlToken = readFileSync(join(folder, 'state', 'control-token'), 'utf8').trim()
  process.stdout.write('\nTry these; each line says what it should give:\n')
  for (const { policy, says, command, status } of tryLines({
    base,
    partners: `https://localhost:${ports.partners}`,
    folder: '.demo',
    alice: tokens.get('alice') as string,
    mallory: tokens.get('mallory') as string,
    partnerKey,
    adminPassword,
  }))
    process.stdout.write(`\n# ${policy}: ${says} → ${status}\n${command}\n`)
  process.stdout.write(`
# every exchange as one line
tail -f .demo/events.ndjson
# what happens to a request, and why
./portcullis explain --help
# metrics and status
curl -s -H "Authorization: Bearer $(cat .demo/state/control-token)" http://127.0.0.1:${ports.control}/metrics

Real traffic runs now, with a few attacks in it. Ctrl-C ends everything.

`)
  const dispatcher = new Agent({ connect: { ca }, allowH2: false })
  const control = `http://127.0.0.1:${ports.control}`
  const ask = controlApi(control, controlToken)
  const telling = Promise.all([
    tellWhatWasLearnt(ask, ending.signal),
    tellIncidents(ask, ending.signal),
    tellOfPastDays(ending.signal),
  ])
  const summary = liveSummary(`${control}/metrics`, controlToken, ending.signal)
  await Promise.all([
    shop({ base, dispatcher, tokens, partnerKey }, ending.signal),
    visitBed({ world, tokens: bedTokens, base, ca }, ending.signal),
    stealOrders({ world, tokens: bedTokens, base, ca }, ending.signal),
  ])
  await Promise.all([summary, telling])
  await dispatcher.destroy()
  await Promise.all(
    children.map(child => (child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null)),
  )
}

/** Once, when there is something to tell. */
async function tellWhatWasLearnt(ask: Ask, ending: AbortSignal): Promise<void> {
  try {
    for (let afterMs = learntAfterMs; ; afterMs = 5_000) {
      await setTimeout(afterMs, undefined, { signal: ending })
      const words = await learntInWords(ask, '.demo')
      if (words === null) continue
      process.stdout.write(`\n${words}\n`)
      return
    }
  } catch (error) {
    if (!ending.aborted) process.stdout.write(`what was learnt cannot be told: ${String(error)}\n`)
  }
}

async function tellOfPastDays(ending: AbortSignal): Promise<void> {
  try {
    const words = await tellPastDays({ root, folder, seed: bedSeed }, ending)
    if (words !== null) process.stdout.write(`\n${words}\n`)
  } catch (error) {
    process.stdout.write(`the past days cannot be told: ${String(error)}\n`)
  }
}

/** The wanted ports, or the next free ones; says which was taken. */
async function choosePorts<K extends string>(
  wanted: Record<K, number>,
  taken: readonly number[] = [],
): Promise<Record<K, number>> {
  const chosen = new Set(taken)
  const ports = {} as Record<K, number>
  for (const [name, port] of Object.entries(wanted) as Array<[K, number]>) {
    let candidate = port
    while (chosen.has(candidate) || !(await isFree(candidate))) candidate++
    if (candidate !== port) process.stdout.write(`port ${port} (${name}) is taken, using ${candidate}\n`)
    chosen.add(candidate)
    ports[name] = candidate
  }
  return ports
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  try {
    probe.listen({ port, host: '127.0.0.1', exclusive: true })
    await once(probe, 'listening')
    return true
  } catch {
    return false
  } finally {
    probe.close()
  }
}

/** Starts a part and resolves when it says that it is ready. Its words go to our stderr; when it dies first, so do we. */
function start(what: string, script: string, env: Record<string, string>, ready: string): Promise<ChildProcess> {
  // Its own process group: Ctrl-C reaches us alone, and we end the parts in order.
  const child = spawn(process.execPath, ['--disable-sigusr1', '--no-warnings', ...script.split(' ')], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  children.push(child)
  return new Promise((resolve, reject) => {
    child.once('exit', code => reject(new Error(`${what} ended with ${code} before it was ready`)))
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', line => {
        if (line.startsWith(ready)) resolve(child)
        else if (what === 'the gateway') process.stderr.write(`${line}\n`)
      })
    }
  })
}

async function accessToken(issuer: string, login: string): Promise<string> {
  const response = await request(`${issuer}/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${login}:${login}-demo-secret`).toString('base64')}`,
    },
    body:
      'grant_type=client_credentials&scope=' +
      encodeURIComponent(
        login === 'mallory' ? 'orders:read' : 'profile:read profile:write orders:read orders:write reviews:write',
      ),
  })
  const { access_token: token } = (await response.body.json()) as { access_token?: string }
  if (token === undefined) throw new Error(`the identity provider gave ${login} no token (${response.statusCode})`)
  return token
}

/** A password as PHC string, for `basic`. */
function scryptLine(password: string): string {
  const salt = randomBytes(16)
  const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
  return `$scrypt$ln=14,r=8,p=1$${unpadded(salt)}$${unpadded(scryptSync(password, salt, 32, { N: 2 ** 14, r: 8, p: 1 }))}`
}

if (import.meta.main) {
  demo().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`the demo failed: ${error instanceof Error ? error.message : String(error)}\n`)
      for (const child of children) child.kill('SIGTERM')
      process.exit(1)
    },
  )
}
