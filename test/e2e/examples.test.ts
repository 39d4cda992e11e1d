import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { createAuthority } from '../support/certificates.ts'
import { startGateway } from '../support/gateway.ts'
import { freePorts } from '../support/ports.ts'
import { tlsJudge } from '../../src/cli/tls-judge.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/core/config-error.ts'
import { sinks } from '../../src/events/sinks/index.ts'
import { policies } from '../../src/policies/index.ts'

const examples = path.resolve(import.meta.dirname, '../../examples')

/** Every example by the path that its own words tell the reader to give. */
const all: Readonly<Record<string, string>> = {
  'minimal.yaml': 'minimal.yaml',
  inventory: 'inventory/portcullis.yaml',
  orders: 'orders/portcullis.yaml',
  partners: 'partners/portcullis.yaml',
  surface: 'surface/portcullis.yaml',
  team: 'team',
}

test('every example is valid and warns of nothing', async t => {
  assert.deepEqual(readdirSync(examples).sort(), Object.keys(all).sort(), 'an example that no test runs')
  const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-examples-'))
  const authority = createAuthority()
  try {
    cpSync(examples, folder, { recursive: true })
    const { certificate, key } = authority.issue({ san: 'DNS:*.partners.example.com', eku: 'serverAuth' })
    mkdirSync(path.join(folder, 'partners/tls'))
    for (const [name, text] of [
      ['api.crt', certificate],
      ['api.key', key],
      ['partners-ca.pem', authority.certificate],
    ] as const) {
      writeFileSync(path.join(folder, 'partners/tls', name), text, { mode: 0o600 })
    }
    for (const [name, file] of Object.entries(all)) {
      await t.test(name, async () => {
        try {
          const { warnings, config } = await loadConfig({
            path: path.join(folder, file),
            env: {},
            policies,
            sinks,
            cpus: 1,
            now: Date.now(),
            tls: tlsJudge,
          })
          assert.deepEqual(warnings, [])
          assert.ok(config.routes.length > 0)
        } catch (error) {
          assert.fail(error instanceof ConfigError ? error.message : String(error))
        }
      })
    }
  } finally {
    authority.close()
    rmSync(folder, { recursive: true })
  }
})

test('the smallest example serves', async () => {
  const origin = createServer((request, response) => response.end(`origin saw ${request.url}`)).listen(0, '127.0.0.1')
  await new Promise<void>(resolve => origin.once('listening', () => resolve()))
  const [port] = (await freePorts(1)) as [number]
  try {
    const env = { LISTEN: `127.0.0.1:${port}`, API: `http://127.0.0.1:${(origin.address() as AddressInfo).port}` }
    await using gateway = await startGateway({ config: path.join(examples, 'minimal.yaml'), env })
    const answer = await fetch(`http://127.0.0.1:${port}/a/b?c=d`)
    assert.equal(await answer.text(), 'origin saw /a/b?c=d')
    assert.match(answer.headers.get('ratelimit') ?? '', /r=599/)
    await gateway.line(/"route":"everything".*"verdict":"pass"/)
  } finally {
    origin.closeAllConnections()
    origin.close()
  }
})
