import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Exchange } from '../core/exchange.ts'
import { Fields } from '../core/fields.ts'
import type { Log } from '../core/host.ts'
import type { Compiled } from '../core/policy.ts'
import { principal } from '../core/principal.ts'
import { Problem, refuse } from '../core/problem.ts'
import { Reply } from '../core/reply.ts'
import { PASS, SKIP, type Verdict } from '../core/verdict.ts'
import { type ChainPlan, Cleared, compileChain, type Decision, type Link, NEED_BODY, Passage } from './pipeline.ts'

const quiet: Log = { info() {}, warn() {}, error() {} }

function exchange(): Exchange {
  return new Exchange({
    id: 'r1',
    listener: 'l',
    protocol: 'http/1.1',
    client: { address: '192.0.2.1', port: 1 },
    tls: null,
    method: 'GET',
    host: 'a.test',
    path: '/',
    query: '',
    headers: Fields.from([]),
    contentLength: 0,
    time: 0,
    startedMs: 0,
    abort() {},
  })
}

function link(id: string, compiled: Compiled, observe = false): Link {
  return { policy: id, id, observe, answersStrangers: false, compiled }
}

const says = (verdict: unknown): Compiled => ({ request: () => verdict as Verdict })
const proves = (subject: string, method = 'test'): Compiled => ({
  request: x => {
    x.principal = principal({ method, subject })
    return PASS
  },
})
const someone = [link('someone', proves('s'))]

function plan(parts: Partial<ChainPlan>): ChainPlan {
  return {
    route: { name: 'r', service: 's' },
    admit: [],
    identify: [someone],
    authorize: [],
    limit: [],
    inspect: [],
    transform: [],
    bufferedBodyMax: 10,
    ...parts,
  }
}

async function decide(parts: Partial<ChainPlan>, x = exchange()): Promise<Decision> {
  return new Passage(compileChain(plan(parts)), x, quiet).advance()
}

function codeOf(decision: Decision): string {
  if (decision instanceof Cleared) return 'cleared'
  if (decision === NEED_BODY) return 'need-body'
  return decision.stop instanceof Problem ? decision.stop.code : 'reply'
}

for (const [name, verdict] of [
  ['undefined', undefined],
  ['true', true],
  ['null', null],
  ['a foreign symbol', Symbol('PASS')],
  ['an object', {}],
] as const) {
  test(`denies when a policy says ${name}`, async () => {
    assert.equal(codeOf(await decide({ admit: [link('odd', says(verdict))] })), 'internal')
    assert.equal(codeOf(await decide({ admit: [link('odd', says(Promise.resolve(verdict)))] })), 'internal')
  })
}

test('denies when a policy throws or rejects', async () => {
  const boom = (): never => {
    throw new Error('boom')
  }
  assert.equal(codeOf(await decide({ limit: [link('bad', { request: boom })] })), 'internal')
  assert.equal(codeOf(await decide({ limit: [link('bad', { request: async () => boom() })] })), 'internal')
})

test('only PASS clears, and only the pipeline can make the proof', async () => {
  assert.equal(codeOf(await decide({ admit: [link('good', says(PASS))] })), 'cleared')
  assert.throws(() => new Cleared(Symbol('cleared') as never, exchange()), /only the pipeline/)
})

test('an identify policy that passes without a principal is refused', async () => {
  assert.equal(codeOf(await decide({ identify: [[link('forgetful', says(PASS))]] })), 'internal')
})

test('a level whose policies all skip is 401 with every challenge', async () => {
  const decision = await decide({
    identify: [
      [
        link('a', { request: () => SKIP, challenge: 'Bearer' }),
        link('b', { request: () => SKIP, challenge: 'Basic realm="x"' }),
      ],
    ],
  })
  assert.ok(decision !== NEED_BODY && !(decision instanceof Cleared) && decision.stop instanceof Problem)
  assert.equal(decision.stop.code, 'credential-missing')
  assert.deepEqual(decision.stop.headers, [
    ['WWW-Authenticate', 'Bearer'],
    ['WWW-Authenticate', 'Basic realm="x"'],
  ])
})

test('a bad credential stops at once and never falls through to a weaker method', async () => {
  const bad = link('jwt', says(refuse('credential-invalid')))
  assert.equal(
    codeOf(await decide({ identify: [[bad, link('anonymous', proves('', 'anonymous'))]] })),
    'credential-invalid',
  )
})

test('levels are ANDed: each must pass, and the inner proof names the caller', async () => {
  const x = exchange()
  assert.equal(
    codeOf(await decide({ identify: [[link('mtls', proves('outer'))], [link('jwt', proves('inner'))]] }, x)),
    'cleared',
  )
  assert.equal(x.principal?.subject, 'inner')
  assert.equal(
    codeOf(await decide({ identify: [[link('mtls', says(SKIP))], [link('jwt', proves('inner'))]] })),
    'credential-missing',
  )
})

test('anonymous on an inner level does not hide who was proven outside', async () => {
  const x = exchange()
  await decide({ identify: [[link('mtls', proves('outer'))], [link('anonymous', proves('', 'anonymous'))]] }, x)
  assert.equal(x.principal?.subject, 'outer')
})

test('observe notes the refusal, also of a throw, and passes', async () => {
  const x = exchange()
  const throws: Compiled = {
    request: () => {
      throw new Error('boom')
    },
  }
  assert.equal(
    codeOf(
      await decide(
        { limit: [link('a', says(refuse('forbidden', { reason: 'because' })), true), link('b', throws, true)] },
        x,
      ),
    ),
    'cleared',
  )
  assert.deepEqual(
    x.observed?.map(note => note.code),
    ['forbidden', 'internal'],
  )
})

test('phases run in order, synchronously when nothing waits', () => {
  const order: string[] = []
  const mark = (id: string): Link => link(id, { request: () => (order.push(id), PASS) })
  const decision = new Passage(
    compileChain(
      plan({
        transform: [mark('transform')],
        inspect: [mark('inspect')],
        limit: [mark('limit')],
        authorize: [mark('authorize')],
        admit: [mark('admit')],
      }),
    ),
    exchange(),
    quiet,
  ).advance()
  assert.ok(decision instanceof Cleared)
  assert.deepEqual(order, ['admit', 'authorize', 'limit', 'inspect', 'transform'])
})

test('the body is asked for only after identify, authorize and limit, and once', async () => {
  const order: string[] = []
  const chain = compileChain(
    plan({
      limit: [link('limit', { request: () => (order.push('limit'), PASS) })],
      inspect: [
        link('one', { body: () => (order.push('one'), PASS) }),
        link('two', { body: () => (order.push('two'), PASS) }),
      ],
    }),
  )
  const x = exchange()
  const passage = new Passage(chain, x, quiet)
  assert.equal(await passage.advance(), NEED_BODY)
  assert.deepEqual(order, ['limit'])
  x.body = Buffer.from('{}')
  assert.ok((await passage.advance()) instanceof Cleared)
  assert.deepEqual(order, ['limit', 'one', 'two'])
})

test('only a transform policy may change the body', async () => {
  const changes: Compiled = { body: () => Buffer.from('changed') }
  for (const [phase, want] of [
    ['inspect', 'internal'],
    ['transform', 'cleared'],
  ] as const) {
    const x = exchange()
    x.body = Buffer.from('as sent')
    assert.equal(
      codeOf(await new Passage(compileChain(plan({ [phase]: [link('c', changes)] })), x, quiet).advance()),
      want,
    )
    assert.equal(Buffer.from(x.body).toString(), want === 'cleared' ? 'changed' : 'as sent')
  }
})

test('a body that is too large is refused, and streams where only observers wanted it', async () => {
  const body: Compiled = { body: () => PASS }
  const last = { seen: 0 }
  const strict = new Passage(compileChain(plan({ inspect: [link('a', body)] })), exchange(), quiet)
  assert.equal(await strict.advance(), NEED_BODY)
  assert.equal(codeOf(await strict.bodyTooLarge()), 'body-too-large')
  const x = exchange()
  const watching = new Passage(
    compileChain(
      plan({ inspect: [link('a', body, true)], transform: [link('t', { request: () => (last.seen++, PASS) })] }),
    ),
    x,
    quiet,
  )
  assert.equal(await watching.advance(), NEED_BODY)
  assert.equal(codeOf(await watching.bodyTooLarge()), 'cleared')
  assert.equal(last.seen, 1)
  assert.deepEqual(
    x.observed?.map(note => note.code),
    ['body-too-large'],
  )
})

test('done is called once for each policy that ran, also after a failure of another, and not for those that did not run', async () => {
  const calls: string[] = []
  const counted = (id: string, verdict: unknown): Link =>
    link(id, { request: () => verdict as Verdict, done: () => void calls.push(id) })
  const failing = link('f', {
    request: () => PASS,
    done: () => {
      throw new Error('boom')
    },
  })
  const passage = new Passage(
    compileChain(plan({ admit: [failing, counted('a', PASS), counted('b', refuse('forbidden')), counted('c', PASS)] })),
    exchange(),
    quiet,
  )
  await passage.advance()
  passage.done({} as never)
  passage.done({} as never)
  assert.deepEqual(calls, ['a', 'b'])
})

test('response hooks run in reverse order and may replace the answer', async () => {
  const order: string[] = []
  const hook = (id: string, verdict: unknown): Link =>
    link(id, { response: () => (order.push(id), verdict as Verdict) })
  const passage = new Passage(
    compileChain(plan({ admit: [hook('first', PASS)], transform: [hook('last', PASS)] })),
    exchange(),
    quiet,
  )
  assert.equal(await passage.respond(), null)
  assert.deepEqual(order, ['last', 'first'])
  const leaking = new Passage(compileChain(plan({ admit: [hook('leak', refuse('internal'))] })), exchange(), quiet)
  assert.equal((await leaking.respond())?.policy, 'leak')
  const silent = new Passage(compileChain(plan({ admit: [hook('silent', undefined)] })), exchange(), quiet)
  assert.ok((await silent.respond()) !== null)
})

test('a reply before anybody is authorized is refused unless the policy may answer strangers', async () => {
  const replies = link('redirect', says(new Reply(302)))
  assert.equal(codeOf(await decide({ admit: [replies] })), 'internal')
  assert.equal(codeOf(await decide({ admit: [{ ...replies, answersStrangers: true }] })), 'reply')
  assert.equal(codeOf(await decide({ limit: [replies] })), 'reply')
})

test('once the exchange is over no further policy runs, so none takes a slot that nobody gives back', async () => {
  const { promise, resolve } = Promise.withResolvers<Verdict>()
  let taken = 0
  let released = 0
  const slot: Compiled = {
    request: () => {
      taken++
      return PASS
    },
    done: () => void released++,
  }
  const passage = new Passage(
    compileChain(
      plan({ admit: [link('early', slot), link('slow', { request: () => promise })], limit: [link('slot', slot)] }),
    ),
    exchange(),
    quiet,
  )
  const deciding = passage.advance()
  passage.done({} as never)
  resolve(PASS)
  assert.ok(!((await deciding) instanceof Cleared))
  assert.deepEqual([taken, released], [1, 1])
})

test('policies behind a body that was too large to hold are told of the end like the others', async () => {
  const told: string[] = []
  const slot = (id: string): Link => link(id, { request: () => PASS, done: () => void told.push(id) })
  const seesBody = link('watcher', { body: () => PASS }, true)
  const passage = new Passage(
    compileChain(plan({ limit: [slot('before')], inspect: [seesBody], transform: [slot('behind')] })),
    exchange(),
    quiet,
  )
  assert.equal(await passage.advance(), NEED_BODY)
  assert.ok((await passage.bodyTooLarge()) instanceof Cleared)
  passage.done({} as never)
  assert.deepEqual(told.sort(), ['before', 'behind'])
})
