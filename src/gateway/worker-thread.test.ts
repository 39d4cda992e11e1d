import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { WorkerBirth } from './messages.ts'
import { WorkerThread } from './worker-thread.ts'

// Real threads that answer late, refuse or die; what they run is written here, since the product's own worker does none of it on demand.

const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-thread-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const silent = { info() {}, warn() {}, error() {} }

function start(name: string, obey: string): WorkerThread {
  const file = path.join(folder, `${name}.mjs`)
  writeFileSync(
    file,
    `import { parentPort } from 'node:worker_threads'
const answer = (number, reason) =>
  parentPort.postMessage({ kind: 'answer', number, issues: reason === undefined ? [] : [{ pointer: '', reason }] })
const held = []
parentPort.on('message', order => {
  ${obey}
})`,
  )
  let numbers = 0
  return new WorkerThread({
    birth: { index: 0 } as Omit<WorkerBirth, 'keys'>,
    keys: { attach: () => () => {} },
    log: silent,
    nextNumber: () => ++numbers,
    died: () => {},
    entry: pathToFileURL(file),
  })
}

const prepare = {
  kind: 'prepare',
  version: 2,
  config: { head: {}, count: 0, routes: new Uint8Array() },
  plan: {} as never,
  ticketKeys: {},
} as const

test('a late answer to a try that was given up is not taken for the answer to the next one', async () => {
  // Two tries at version 2: the first answer comes only after the second order, and says yes; the second says no.
  const thread = start(
    'late',
    `held.push(order.number); if (held.length === 2) { answer(held[0]); answer(held[1], 'no') }`,
  )
  try {
    const first = await thread.order(prepare, 50)
    assert.match(first.issues[0]?.reason ?? '', /no answer within 50 ms/)
    const second = await thread.order(prepare, 10_000)
    assert.deepEqual(second.issues, [{ pointer: '', reason: 'no' }])
    assert.notEqual(first.number, second.number)
  } finally {
    await thread.terminate()
  }
})

test('a thread that dies objects to the order under way, and at once to every later one', async () => {
  const thread = start('dying', 'process.exit(1)')
  const { issues } = await thread.order(prepare, 10_000)
  assert.deepEqual(issues, [{ pointer: '', reason: 'worker 0: it died' }])
  assert.equal(thread.alive, false)
  const { issues: later } = await thread.order({ kind: 'drain', graceMs: 0 }, 60_000)
  assert.deepEqual(later, [{ pointer: '', reason: 'worker 0: it is dead' }])
})
