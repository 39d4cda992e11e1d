import { workerData } from 'node:worker_threads'
import { createGcra } from '../../src/lib/gcra.ts'
import { windowShape } from '../../src/lib/sliding-window.ts'
import { createBucketLimiter } from '../../src/state/bucket-limiter.ts'
import { createKeyMaker } from '../../src/state/counter-key.ts'
import { openCounterMemory, windowCells } from '../../src/state/counter-memory.ts'
import { createWindowLimiter } from '../../src/state/window-limiter.ts'

/** What a thread of src/state/limiter-threads.test.ts is told. */
export interface LimiterJob {
  readonly memory: SharedArrayBuffer
  readonly algorithm: 'bucket' | 'window'
  readonly amount: number
  readonly windowMs: number
  /** Keys of one round, and how often each is asked for. */
  readonly keys: number
  readonly times: number
  readonly rounds: number
  /** Fake time: round r happens at (r + 1) × roundMs. */
  readonly roundMs: number
  readonly threads: number
  /** This thread, from 0. */
  readonly index: number
  /** [0] arrivals at the barrier, [1] threads ready; then admissions by round × keys + key. */
  readonly shared: SharedArrayBuffer
}

const { memory, algorithm, amount, windowMs, keys, times, rounds, roundMs, threads, index, shared } =
  workerData as LimiterJob
const cells = new Int32Array(shared)
const tables = openCounterMemory(memory)
const limiter =
  algorithm === 'bucket'
    ? createBucketLimiter(tables, createGcra({ amount, windowMs }), false)
    : createWindowLimiter(tables, windowShape({ amount, windowMs }, windowCells))
const keyOf = createKeyMaker(new Uint8Array(32).fill(1))

Atomics.add(cells, 1, 1)
Atomics.notify(cells, 1)
for (let round = 0; round < rounds; round++) {
  // All threads enter a round together: spinning, since waking takes longer than the race that is looked for.
  Atomics.add(cells, 0, 1)
  while (Atomics.load(cells, 0) < (round + 1) * threads);
  const handles = Array.from({ length: keys }, (_, key) => keyOf(`${round} ${key}`))
  for (let time = 0; time < times; time++) {
    for (let i = 0; i < keys; i++) {
      const key = index % 2 === 0 ? i : keys - 1 - i
      const handle = handles[key]
      if (handle !== undefined && limiter.take(handle, (round + 1) * roundMs).outcome === 'pass')
        Atomics.add(cells, 2 + round * keys + key, 1)
    }
  }
}
