import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { test } from 'node:test'
import { freePort } from '../support/ports.ts'
import { until } from '../support/until.ts'
import { startWorld } from './world.ts'

const routes = `routes:
  - { name: all, match: { path: /** }, service: origin, policies: [{ use: anonymous }] }
`

test('a request that began on a listener that a reload removed is stripped of what the new configuration reserves', async () => {
  await using world = await startWorld(routes, { top: 'workers: 1' })
  const socket = connect(world.port, '127.0.0.1')
  let answer = ''
  socket.on('data', chunk => (answer += chunk.toString('latin1')))
  socket.on('error', () => {})
  // One whole request says that the connection was accepted; the next head stays unfinished over the reload.
  socket.write('GET /first HTTP/1.1\r\nHost: a\r\n\r\n')
  await until('the first answer', 5_000, () => answer.includes('ok'))
  socket.write('GET /second HTTP/1.1\r\nHost: a\r\nX-User: admin\r\nX-Free: yes\r\n')
  const other = await freePort()
  const text = await readFile(world.configPath, 'utf8')
  await writeFile(world.configPath, `reserved: [x-user]\n${text.replace(`:${world.port}"`, `:${other}"`)}`)
  world.gateway.kill('SIGHUP')
  await world.gateway.line(/configuration 2 is in force/)
  socket.write('\r\n')
  await until('the second request', 5_000, () => world.seen.join('').includes('GET /second') || socket.destroyed)
  socket.destroy()
  const origin = world.seen.join('')
  assert.match(origin, /X-Free: yes/)
  assert.doesNotMatch(origin, /X-User/i)
})
