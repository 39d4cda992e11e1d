import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, it } from 'node:test'
import { curlStatuses } from '../support/curl.ts'
import { startFaultGateway } from '../support/fault-gateway.ts'
import { freePorts } from '../support/ports.ts'
import { controlOf } from '../support/probed-gateway.ts'
import { until } from '../support/until.ts'

// The disk of the log is full, or nobody reads it: events are dropped and counted, and no request notices.

const origin = createServer((_, response) => response.end('ok'))
let target = ''
before(async () => {
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  target = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
})
after(() => {
  origin.closeAllConnections()
  origin.close()
})

const routes = () => `services: { origin: { targets: ["${target}"] } }
routes: [{ name: x, match: { path: /x/** }, service: origin, policies: [{ use: anonymous }] }]
`

async function ask(port: number, count: number): Promise<void> {
  const statuses = (
    await Promise.all(Array.from({ length: 4 }, () => curlStatuses(`http://127.0.0.1:${port}/x/[1-${count / 4}]`)))
  ).flat()
  assert.equal(statuses.length, count)
  assert.deepEqual(new Set(statuses), new Set([200]))
}

it('a full disk under the event file: requests pass, drops are counted, the operator is told, and it recovers', {
  timeout: 180_000,
}, async t => {
  // A file system of its own, of 64 KiB, in a mount namespace that only the gateway sees.
  const probe = spawn('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=64k none /mnt'], { stdio: 'ignore' })
  const [code] = (await Promise.race([once(probe, 'close'), once(probe, 'error').then(() => [1])])) as [number]
  if (code !== 0) return t.skip('no small file system can be mounted here (unshare -rm)')
  const disk = mkdtempSync(path.join(tmpdir(), 'portcullis-disk-'))
  mkdirSync(path.join(disk, 'logs'))
  try {
    await using gateway = await startFaultGateway({
      yaml: `events: [{ sink: file, path: "${disk}/logs/events.ndjson" }]\n${routes()}`,
      shell: `exec unshare -rm sh -c 'mount -t tmpfs -o size=64k none "${disk}/logs" && exec "$@"' sh "$@"`,
    })
    await ask(gateway.port, 2000)
    await until('the operator is told', 30_000, () => gateway.running.lines.some(line => /the disk is full/.test(line)))
    await until(
      'the sink is reported as failing',
      30_000,
      async () => (await gateway.control.metric('portcullis_event_sink_failing')) === 1,
    )
    const dropped = await until('drops are counted', 30_000, async () => {
      await ask(gateway.port, 400)
      return gateway.control.metric('portcullis_event_drops_total')
    }).catch(() => 0)
    const queued = await gateway.control.metric('portcullis_event_sink_queue_bytes')
    t.diagnostic(`${dropped} events dropped, ${queued} bytes wait`)
    assert.ok(dropped > 0 || queued > 0, 'what could not be written is either waiting within its bound or counted')
    assert.equal((await gateway.control.status()).workers.serving > 0, true)
  } finally {
    rmSync(disk, { recursive: true, force: true })
  }
})

it('nobody reads stdout: the queue is bounded, drops are counted, no request waits', { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-blocked-'))
  const [port, controlPort] = (await freePorts(2)) as [number, number]
  writeFileSync(
    path.join(folder, 'gateway.yaml'),
    `version: 1
workers: 1
stateDir: "${folder}/state"
control: { address: "127.0.0.1:${controlPort}" }
listeners: [{ name: plain, address: "127.0.0.1:${port}" }]
events: [{ sink: stdout }]
${routes()}`,
  )
  const child = spawn(
    path.resolve(import.meta.dirname, '../../portcullis'),
    ['run', '--config', path.join(folder, 'gateway.yaml')],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const closed = once(child, 'close')
  try {
    // stdout is a pipe that is never read.
    const ready = new Promise<void>(resolve => {
      createInterface({ input: child.stderr }).on('line', line => {
        if (line.startsWith('portcullis ready')) resolve()
      })
    })
    await Promise.race([ready, closed.then(() => assert.fail('it ended'))])
    const control = controlOf(controlPort, path.join(folder, 'state'))
    await until('drops are counted', 60_000, async () => {
      await ask(port, 2000)
      return (await control.metric('portcullis_event_drops_total')) > 0
    })
    const began = performance.now()
    await ask(port, 400)
    assert.ok(performance.now() - began < 30_000)
    child.stdout.resume()
    await until('it flows again', 30_000, async () => (await control.metric('portcullis_event_sink_queue_bytes')) === 0)
    child.kill('SIGTERM')
    assert.deepEqual(await closed, [0, null])
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})
