import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface ProcessOptions {
  readonly command: string
  readonly args?: readonly string[]
  readonly cwd?: string
  /** Added to this process's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A line on stdout or stderr that says that it serves; without it the start is over when the process runs. */
  readonly ready?: RegExp
  /** How long the line may take, ms. */
  readonly readyMs?: number
}

/** A running child process. `await using` stops it at the end of the scope. */
export interface Running extends AsyncDisposable {
  readonly pid: number
  /** Lines of stdout and stderr so far, in order of arrival. */
  readonly lines: readonly string[]
  readonly stderr: readonly string[]
  /** Exit code, or the signal's name. */
  readonly exited: Promise<number | NodeJS.Signals>
  /** The first line, past or future, that matches; rejects at the time limit and when the process ends. */
  line(pattern: RegExp, withinMs?: number): Promise<string>
  kill(signal: NodeJS.Signals): void
  /** Ends it (SIGTERM, then SIGKILL after `graceMs`) and gives the exit code or signal. Safe to call twice. */
  stop(graceMs?: number): Promise<number | NodeJS.Signals>
}

const alive = new Set<ChildProcess>()
let hooked = false

/** Starts a program and waits until it says that it is ready. Rejects with its words when it ends before. */
export async function startProcess(options: ProcessOptions): Promise<Running> {
  hookExit()
  const child = spawn(options.command, options.args ?? [], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  alive.add(child)
  const lines: string[] = []
  const stderr: string[] = []
  const listeners = new Set<(line: string | null) => void>()
  const take = (line: string) => {
    lines.push(line)
    for (const listener of listeners) listener(line)
  }
  createInterface(child.stdout).on('line', take)
  createInterface(child.stderr).on('line', line => {
    stderr.push(line)
    take(line)
  })
  const exited = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', error => reject(new Error(`cannot start ${options.command}`, { cause: error })))
    // close, not exit: the last lines have been read by then.
    child.once('close', (code, signal) => resolve(code ?? signal ?? 0))
  }).finally(() => {
    alive.delete(child)
    for (const listener of listeners) listener(null)
  })
  exited.catch(() => {})

  const running: Running = {
    pid: child.pid ?? -1,
    lines,
    stderr,
    exited,
    line: (pattern, withinMs = 30_000) => waitForLine({ pattern, withinMs, lines, listeners, name: options.command }),
    kill: signal => void child.kill(signal),
    stop: async (graceMs = 30_000) => {
      if (!alive.has(child)) return exited
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
      try {
        return await exited
      } finally {
        clearTimeout(timer)
      }
    },
    [Symbol.asyncDispose]: async () => void (await running.stop().catch(() => {})),
  }
  if (child.pid === undefined) await exited
  if (options.ready === undefined) {
    if (child.exitCode === null && child.pid === undefined) await once(child, 'spawn')
    return running
  }
  try {
    await running.line(options.ready, options.readyMs ?? 60_000)
  } catch (error) {
    await running.stop(2_000).catch(() => {})
    throw error
  }
  return running
}

interface Wait {
  readonly pattern: RegExp
  readonly withinMs: number
  readonly lines: readonly string[]
  readonly listeners: Set<(line: string | null) => void>
  readonly name: string
}

function waitForLine({ pattern, withinMs, lines, listeners, name }: Wait): Promise<string> {
  const already = lines.find(line => pattern.test(line))
  if (already !== undefined) return Promise.resolve(already)
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer)
      listeners.delete(listen)
      settle()
    }
    const words = () => `its last words:\n${lines.slice(-20).join('\n')}`
    const listen = (line: string | null) => {
      if (line === null) end(() => reject(new Error(`${name} ended before it printed ${pattern}; ${words()}`)))
      else if (pattern.test(line)) end(() => resolve(line))
    }
    const timer = setTimeout(
      () => end(() => reject(new Error(`${name} did not print ${pattern} in ${withinMs} ms; ${words()}`))),
      withinMs,
    )
    listeners.add(listen)
  })
}

/** Children must not outlive the test file: neither when it ends, nor when the runner stops it. */
function hookExit(): void {
  if (hooked) return
  hooked = true
  process.on('exit', () => {
    for (const child of alive) child.kill('SIGKILL')
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
}
