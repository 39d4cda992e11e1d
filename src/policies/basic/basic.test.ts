import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { exchange } from '../../../test/support/exchange.ts'
import { fakeClock, testHost, type TestHost } from '../../../test/support/host.ts'
import type { Compiled } from '../../core/policy.ts'
import { Problem } from '../../core/problem.ts'
import { PASS, type Verdict } from '../../core/verdict.ts'
import { createGuessLimit } from './guess-limit.ts'
import { createHashGate, gateBytes } from './hash-gate.ts'
import { basic } from './policy.ts'
import { schema } from './schema.ts'

const bob = 'bob:$2y$04$mdnlebCo6beGT3xqh9AHHOfh30XpYZGk/ga/hjLfd0zEO3cDXAw0q'
const generous = { perUser: 1000, perAddress: 10_000 }

function compiled(host: TestHost, settings: Record<string, unknown> = {}): Compiled {
  return basic.compile(schema.parse({ users: `${bob}\n`, ...settings }), host)
}

async function login(policy: Compiled, credential: string, client = '192.0.2.1'): Promise<string> {
  const headers = { Authorization: `Basic ${Buffer.from(credential).toString('base64')}` }
  return word(await (policy.request as NonNullable<Compiled['request']>)(exchange({ headers, client })))
}

function word(verdict: Verdict): string {
  return verdict === PASS ? 'pass' : verdict instanceof Problem ? verdict.code : 'other'
}

it('hashes for a user who does not exist exactly as often as for one who does', async () => {
  for (const user of ['bob', 'nobody']) {
    const host = testHost()
    const policy = compiled(host, { guesses: generous })
    for (let i = 0; i < 5; i++) assert.equal(await login(policy, `${user}:wrong ${i}`), 'credential-invalid')
    assert.equal(host.counted.get('hashes'), 5, user)
  }
})

it('refuses a user who does not exist with the password of the user whose hash stands in for him', async () => {
  const host = testHost()
  const policy = compiled(host, { guesses: generous })
  // With one user every name that does not exist is judged against his hash.
  for (let i = 0; i < 4; i++) assert.equal(await login(policy, `nobody${i}:correct horse`), 'credential-invalid')
  assert.equal(await login(policy, 'nobody0:correct horse'), 'credential-invalid')
  assert.equal(await login(policy, 'bob:correct horse'), 'pass')
})

it('hashes a right password once until the cache forgets it, and never answers a wrong one from it', async () => {
  const host = testHost()
  const policy = compiled(host, { cache: '10s' })
  for (let i = 0; i < 20; i++) assert.equal(await login(policy, 'bob:correct horse'), 'pass')
  assert.equal(host.counted.get('hashes'), 1)
  assert.equal(await login(policy, 'bob:correct horsf'), 'credential-invalid')
  host.clock.advance(10_000)
  assert.equal(await login(policy, 'bob:correct horse'), 'pass')
  assert.equal(host.counted.get('hashes'), 3)
})

it('answers a remembered password without a promise', async () => {
  const host = testHost()
  const policy = compiled(host)
  await login(policy, 'bob:correct horse')
  const headers = { Authorization: `Basic ${btoa('bob:correct horse')}` }
  assert.equal(policy.request?.(exchange({ headers })), PASS)
})

it('refuses a removed user and an old password from the reload on', async () => {
  const host = testHost()
  assert.equal(await login(compiled(host), 'bob:correct horse'), 'pass')
  assert.equal(await login(compiled(host, { users: '# nobody\n' }), 'bob:correct horse'), 'credential-invalid')
  const changed = bob.replace('mdnlebCo6beGT3xqh9AHHO', 'mdnlebCo6beGT3xqh9AHHe')
  assert.equal(await login(compiled(host, { users: changed }), 'bob:correct horse'), 'credential-invalid')
  assert.equal(await login(compiled(host), 'bob:correct horse'), 'pass')
})

it('keeps the count of guesses over a reload', async () => {
  const host = testHost()
  for (let i = 0; i < 5; i++)
    assert.equal(await login(compiled(host), `bob:wrong ${i}`, `198.51.100.${i}`), 'credential-invalid')
  assert.equal(await login(compiled(host), 'bob:wrong 5', '198.51.100.5'), 'rate-limited')
})

it('grants a hundred guesses at once no more tries than one after the other', async () => {
  const host = testHost()
  const policy = compiled(host)
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => login(policy, `bob:wrong ${i}`, `198.51.100.${i}`)),
  )
  assert.equal(answers.filter(answer => answer === 'credential-invalid').length, 5)
  assert.equal(answers.filter(answer => answer === 'rate-limited').length, 95)
})

it('lets one address have four hashes waiting, and the whole world as many as the queue holds', async () => {
  const host = testHost()
  const policy = compiled(host, { guesses: generous })
  const one = await Promise.all(Array.from({ length: 10 }, (_, i) => login(policy, `user${i}:x`)))
  assert.equal(one.filter(answer => answer === 'credential-invalid').length, 4)
  const many = await Promise.all(Array.from({ length: 200 }, (_, i) => login(policy, `user${i}:y`, `10.0.0.${i}`)))
  assert.equal(many.filter(answer => answer === 'credential-invalid').length, 66)
  assert.equal(many.filter(answer => answer === 'overloaded').length, 134)
  assert.equal(await login(policy, 'bob:correct horse', '10.9.9.9'), 'pass')
})

it('shares one hash among requests that bring the same password at once', async () => {
  const host = testHost()
  const policy = compiled(host)
  const answers = await Promise.all(Array.from({ length: 30 }, () => login(policy, 'bob:correct horse')))
  assert.deepEqual(new Set(answers), new Set(['pass']))
  assert.equal(host.counted.get('hashes'), 1)
})

it('never takes the word of one entry for another that knows the same name by another password', async () => {
  const host = testHost()
  const other = compiled(host, { users: 'bob:$2y$04$kn156KhUKrte8tkDWnZXROEUccSmGqb9JAACSjZCCwtMBrSRwRPtu' })
  const one = compiled(host)
  const none = compiled(host, { users: '# nobody\n' })
  for (let round = 0; round < 2; round++) {
    const answers = await Promise.all([one, other, none].map(policy => login(policy, 'bob:correct horse')))
    assert.deepEqual(answers, ['pass', 'credential-invalid', 'credential-invalid'])
  }
})

it('doubles the wait with each wrong password up to the longest, and forgets after the quiet time', () => {
  const clock = fakeClock(0, 1_000)
  const limit = createGuessLimit({ perUser: 2, perAddress: 100, waitMaxMs: 8_000, forgetMs: 60_000 }, clock)
  const waits: number[] = []
  for (let i = 0; i < 7; i++) {
    assert.equal(limit.enter('bob', '192.0.2.1'), 0)
    const probe = i === 0 ? 0 : limit.enter('bob', '192.0.2.1')
    waits.push(probe)
    clock.advance(probe)
  }
  assert.deepEqual(waits, [0, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
  clock.advance(60_000)
  assert.equal(limit.enter('bob', '192.0.2.1'), 0)
  assert.equal(limit.enter('bob', '192.0.2.1'), 0)
})

it('runs two jobs at once and the others in order, also when jobs fail', async () => {
  const gate = createHashGate(new SharedArrayBuffer(gateBytes), fakeClock(0, 1_000))
  let running = 0
  let most = 0
  const order: number[] = []
  const jobs = Array.from({ length: 20 }, (_, i) =>
    gate.run(async () => {
      most = Math.max(most, ++running)
      order.push(i)
      await new Promise(resolve => setImmediate(resolve))
      running--
      if (i % 3 === 0) throw new Error(`job ${i}`)
      return i
    }),
  )
  const settled = await Promise.allSettled(jobs)
  assert.equal(most, 2)
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  )
  assert.equal(settled.filter(one => one.status === 'rejected').length, 7)
})

it('counts the places of all threads together, and takes back those of a thread that died', async () => {
  const shared = new SharedArrayBuffer(gateBytes)
  const code = `
    import { parentPort, workerData } from 'node:worker_threads'
    const { createHashGate } = await import(workerData.module)
    const gate = createHashGate(workerData.shared, { now: () => 0, monotonic: () => 1_000 })
    for (let i = 0; i < 2; i++) void gate.run(() => (parentPort.postMessage('running'), new Promise(() => {})))
    setInterval(() => {}, 60_000)
  `
  const workerData = { shared, module: new URL('./hash-gate.ts', import.meta.url).href }
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData })
  await new Promise<void>((resolve, reject) => {
    let started = 0
    worker.on('error', reject)
    worker.on('message', () => {
      if (++started === 2) resolve()
    })
  })
  const clock = fakeClock(0, 1_000)
  const gate = createHashGate(shared, clock)
  let ran = false
  const job = gate.run(async () => {
    ran = true
    return 'done'
  })
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(ran, false)
  await worker.terminate()
  clock.advance(15_001)
  // A pending Atomics.waitAsync alone does not keep the process alive.
  const alive = setInterval(() => {}, 1_000)
  try {
    assert.equal(await job, 'done')
  } finally {
    clearInterval(alive)
  }
})
