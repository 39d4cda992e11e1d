import assert from 'node:assert/strict'
import { it } from 'node:test'
import { watchDrain } from './drain-watch.ts'

/** Exchanges that a test opens and ends, on a clock that it moves. */
function world(open: number) {
  const state = { open, nowMs: 1_000 }
  let looked = (): void => {}
  return {
    state,
    /** Resolves when the watch has looked once more. */
    look: () => new Promise<void>(resolve => void (looked = resolve)),
    watch: (drain: () => Promise<void>, graceMs: number) =>
      watchDrain(
        drain,
        graceMs,
        () => {
          looked()
          return state.open
        },
        { now: () => state.nowMs, monotonic: () => state.nowMs },
      ),
  }
}

it('what ended before the deadline is finished', async () => {
  const { state, watch } = world(5)
  const drain = async (): Promise<void> => {
    state.nowMs += 70
    state.open = 0
  }
  assert.deepEqual(await watch(drain, 100), { ms: 70, finished: 5, cut: 0 })
})

it('what was open when the deadline came is cut, although nothing is open any more', async () => {
  const { state, look, watch } = world(5)
  const drain = async (): Promise<void> => {
    state.open = 2
    await look()
    state.nowMs += 101
    state.open = 0
  }
  assert.deepEqual(await watch(drain, 100), { ms: 101, finished: 3, cut: 2 })
  const atOnce = world(1)
  assert.deepEqual(await atOnce.watch(async () => {}, 0), { ms: 0, finished: 0, cut: 1 })
})

it('a drain that fails is not told as one that went well', async () => {
  const { watch } = world(1)
  await assert.rejects(
    watch(() => Promise.reject(new Error('no')), 10),
    /^Error: no$/,
  )
})
