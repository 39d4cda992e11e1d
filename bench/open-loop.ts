import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { requireService } from '../test/support/service.ts'
import type { Subject } from './subjects.ts'

const run = promisify(execFile)
const script = new URL('./peers/open-loop.lua', import.meta.url).pathname

/** Requests that are still under way or waiting after the last was due have this long, s. */
const graceSeconds = 5

export interface OpenLoopOptions {
  /** Requests a second. */
  readonly rate: number
  readonly seconds: number
  /** File of tokens that the requests take in turn. */
  readonly tokens: string
  /** File to POST; without it they are GETs. */
  readonly body?: string
}

/** What an open loop found; latencies in ms. */
export interface OpenLoopResult {
  readonly answered: number
  /** Requests that got no answer in time, broken connections among them. */
  readonly errors: number
  /** Answers other than 2xx and 3xx. */
  readonly refused: number
  /** From the sending of a request to its answer. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
  /** How long after a request was due it was sent, since no connection was free or the generator had no core. */
  readonly lateP50Ms: number
  readonly lateP99Ms: number
  readonly lateMaxMs: number
  /** What a request costs the generator, user and system, µs. */
  readonly cpuUsPerRequest: number
}

/** Sends requests to `base` (no path) at a constant rate whatever the answers do, over 64 connections, by `wrk` with a schedule. */
export async function openLoop(
  base: string,
  { rate, seconds, tokens, body }: OpenLoopOptions,
  target = '/orders?a=1',
): Promise<OpenLoopResult> {
  const total = rate * seconds
  const env = {
    ...process.env,
    RATE: `${rate}`,
    TOTAL: `${total}`,
    TOKENS: tokens,
    TARGET: target,
    ...(body === undefined ? {} : { BODY: body }),
  }
  const wrk = [requireService('wrk'), '-t1', '-c64', `-d${seconds + graceSeconds}s`, '--timeout', '60s', '-s', script]
  // `bash -c time` tells what the generator itself took of the cores.
  const { stdout, stderr } = await run('bash', ['-c', 'TIMEFORMAT="cpu %U %S"; time "$@"', 'bash', ...wrk, base], {
    env,
    timeout: (seconds + 60) * 1000,
  })
  const found = JSON.parse(stdout.slice(stdout.lastIndexOf('{"answered"'))) as Omit<
    OpenLoopResult,
    'errors' | 'cpuUsPerRequest'
  >
  const [, user = '0', system = '0'] = /cpu ([\d.]+) ([\d.]+)/.exec(stderr) ?? []
  return {
    ...found,
    errors: Math.max(0, total - found.answered),
    cpuUsPerRequest: ((Number(user) + Number(system)) * 1e6) / Math.max(1, found.answered),
  }
}

/** Requests without an answer, and with another than 2xx. */
export function faults({ errors, refused }: OpenLoopResult): number {
  return errors + refused
}

/** From the moment a request was due to its answer, at most, p99, ms. */
export function fromDueP99Ms({ p99Ms, lateP99Ms }: OpenLoopResult): number {
  return p99Ms + lateP99Ms
}

export function openLoopWords(result: OpenLoopResult): string {
  const ms = (value: number): string => value.toFixed(1)
  return `answered after ${ms(result.p50Ms)} (p50), ${ms(result.p99Ms)} (p99), ${ms(result.maxMs)} ms (longest); sent ${ms(result.lateP50Ms)}, ${ms(result.lateP99Ms)}, ${ms(result.lateMaxMs)} ms after they were due; the generator takes ${result.cpuUsPerRequest.toFixed(0)} µs a request of the same cores`
}

/** The mission's machine has two cores: a bigger one must not flatter. Memory is judged by the peak. */
export function limitTo(subject: Subject, cores: number): void {
  execFileSync('taskset', ['-a', '-c', '-p', `0-${cores - 1}`, `${subject.pid}`], { stdio: 'ignore' })
}
