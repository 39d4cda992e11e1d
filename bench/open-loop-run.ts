import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import type { OpenLoopOptions, OpenLoopResult } from './open-loop.ts'
import type { Subject } from './subjects.ts'

const run = promisify(execFile)
const generator = new URL('./open-loop.ts', import.meta.url).pathname

/** Runs the open-loop generator in a process of its own against `base` (no path) and waits for its end. */
export async function generate(
  base: string,
  { rate, seconds, tokens, body }: Omit<OpenLoopOptions, 'url' | 'connections'>,
  target = '/orders?a=1',
): Promise<OpenLoopResult> {
  const args = ['--url', `${base}${target}`, '--rate', `${rate}`, '--seconds', `${seconds}`]
  if (tokens !== undefined) args.push('--tokens', tokens)
  if (body !== undefined) args.push('--body', body)
  const { stdout } = await run(process.execPath, [generator, ...args], { timeout: (seconds + 60) * 1000 })
  return JSON.parse(stdout) as OpenLoopResult
}

/** Requests without an answer, and with another than 2xx. */
export function faults({ errors, refused }: OpenLoopResult): number {
  return errors + Object.values(refused).reduce((sum, count) => sum + count, 0)
}

/** The mission's machine has two cores: a bigger one must not flatter. Memory is judged by the peak. */
export function limitTo(subject: Subject, cores: number): void {
  execFileSync('taskset', ['-a', '-c', '-p', `0-${cores - 1}`, `${subject.pid}`], { stdio: 'ignore' })
}
