// Loaded into the gateway by the reload case (NODE_OPTIONS --import): writes how late each worker's loop was, every 50 ms.
import { appendFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread, threadId } from 'node:worker_threads'

const file = process.env['BENCH_LOOP_PROBE']
if (!isMainThread && file !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  setInterval(() => {
    appendFileSync(file, `${threadId} ${Date.now()} ${delay.max / 1e6}\n`)
    delay.reset()
  }, 50).unref()
}
