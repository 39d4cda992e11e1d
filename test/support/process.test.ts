import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { freePorts } from './ports.ts'
import { startProcess } from './process.ts'
import { findService, requireService } from './service.ts'

test('a process that ends before it is ready rejects with its last words', async () => {
  await assert.rejects(
    startProcess({ command: 'sh', args: ['-c', 'echo out of paper >&2; exit 3'], ready: /^ready/ }),
    /ended before it printed.*\n*[^]*out of paper/,
  )
})

test('a process that never becomes ready is stopped at the limit', async () => {
  await assert.rejects(
    startProcess({ command: 'sh', args: ['-c', 'echo $$; exec sleep 60'], ready: /^ready/, readyMs: 2_000 }),
    (error: Error) => {
      const pid = Number(/words:\n(\d+)/.exec(error.message)?.[1])
      assert.ok(pid > 0)
      assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
      return true
    },
  )
})

test('a program that does not exist rejects and names it', async () => {
  await assert.rejects(startProcess({ command: '/nowhere/program' }), /cannot start \/nowhere\/program/)
})

test('the scope ends the process', async () => {
  let pid = 0
  {
    await using running = await startProcess({
      command: 'sh',
      args: ['-c', 'echo ready; exec sleep 60'],
      ready: /^ready/,
    })
    pid = running.pid
    assert.deepEqual([...running.lines], ['ready'])
  }
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

test('a line that comes later is waited for, and stop gives the exit code', async () => {
  await using running = await startProcess({
    command: 'sh',
    args: ['-c', 'trap "echo bye >&2; exit 7" TERM; echo one; echo two >&2; while :; do sleep 0.05; done'],
    ready: /^one/,
  })
  assert.equal(await running.line(/two/), 'two')
  assert.equal(await running.stop(), 7)
  assert.ok(running.stderr.includes('bye'))
  assert.equal(await running.stop(), 7)
})

test('free ports differ and can be bound', async () => {
  const ports = await freePorts(5)
  assert.equal(new Set(ports).size, 5)
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(ports[0], '127.0.0.1', resolve))
  await new Promise(resolve => server.close(resolve))
})

test('a service that is not there is null to ask for and an error to require', () => {
  assert.equal(findService('no-such-service'), null)
  assert.throws(() => requireService('no-such-service'), /no-such-service is not installed/)
  assert.match(requireService('sh'), /\/sh$/)
})
