import { writeSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'
import { isMainThread, threadId } from 'node:worker_threads'

// Loaded by `node --expose-gc --import` before the product, in every thread: lets a test look into threads and kill one for real.
// SIGWINCH: each thread collects garbage and prints its heap. SIGURG: one worker throws. SIGIO: one worker exits.

const order = new BroadcastChannel('thread-probe')
order.unref()

if (isMainThread) {
  const send = (word: string) => () => void order.postMessage(word)
  process.on('SIGURG', send('throw'))
  process.on('SIGIO', send('exit'))
  process.on('SIGWINCH', () => {
    send('heap')()
    tellHeap()
  })
} else {
  // Only the thread that the test chose obeys; its successor has another id.
  order.addEventListener('message', event => {
    const { data } = event as unknown as { data: string }
    if (data === 'heap') tellHeap()
    else if (process.env['PROBE_VICTIM'] === String(threadId)) {
      if (data === 'exit') process.exit(3)
      throw new Error('killed by the test')
    }
  })
}

function tellHeap(): void {
  globalThis.gc?.()
  writeSync(2, `probe heap ${threadId} ${getHeapStatistics().used_heap_size}\n`)
}
