// Loaded into the gateway by the reload case (NODE_OPTIONS --import): writes how late each worker's loop was, every 50 ms.
import { openSync, readSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { isMainThread, threadId } from 'node:worker_threads'

const file = process.env['BENCH_LOOP_PROBE']
if (!isMainThread && file !== undefined) watch(file)

/**
 * A line: thread, wall clock ms, longest delay ms, longest delay without the time in which the thread was ready to run and had no
 * processor, ms. Both are needed on a machine of two cores that runs the load, its origin and three busy threads of ours: a loop that waits
 * for a core is late and blocked by nothing. The second figure is what the worker's own turns took, and never less: what the hypervisor
 * took away, page faults and synchronous reads stay in it. (The thread's CPU clock would say it more directly, but getrusage counts it in
 * steps of 4 ms.)
 */
function watch(target: string): void {
  const schedstat = openSync('/proc/thread-self/schedstat', 'r')
  const text = Buffer.alloc(64)
  /** Time on the run queue since the thread began, ms. */
  const queued = (): number =>
    Number(text.toString('latin1', 0, readSync(schedstat, text, 0, text.length, 0)).split(' ')[1]) / 1e6

  let delayMax = 0
  let ownMax = 0
  let due = performance.now() + 1
  let queuedBefore = queued()
  const look = (): void => {
    const queuedNow = queued()
    const delay = performance.now() - due
    delayMax = Math.max(delayMax, delay)
    ownMax = Math.max(ownMax, delay - (queuedNow - queuedBefore))
    queuedBefore = queuedNow
    due = performance.now() + 1
    setTimeout(look, 1).unref()
  }
  setTimeout(look, 1).unref()
  setInterval(() => {
    // By another thread: a write of the probe itself must not hold the loop up.
    void appendFile(target, `${threadId} ${Date.now()} ${delayMax} ${ownMax}\n`)
    delayMax = 0
    ownMax = 0
  }, 50).unref()
}
