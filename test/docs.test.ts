// What the documents say is true: links lead somewhere, examples load, commands do what stands beside them, and proofs exist.
// In README.md and docs/operations.md a `sh` block is run line by line; a `console` block needs a machine of its own and is not.
import assert from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { tlsJudge } from '../src/cli/tls-judge.ts'
import { loadConfig } from '../src/config/load.ts'
import { ConfigError } from '../src/core/config-error.ts'
import { parseYaml } from '../src/core/yaml.ts'
import { sinks } from '../src/events/sinks/index.ts'
import { policies } from '../src/policies/index.ts'
import { createAuthority } from './support/certificates.ts'
import { readMarkdown } from './support/markdown.ts'
import { freePorts } from './support/ports.ts'
import { needs } from './support/service.ts'
import { runSession, withPorts } from './support/shell-session.ts'

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const documents = globSync(['*.md', 'docs/**/*.md', 'src/**/*.md', 'test/**/*.md', 'testbed/**/*.md'], {
  cwd: root,
}).toSorted()
const markdown = new Map(documents.map(file => [file, readMarkdown(path.join(root, file))]))

describe('documents', () => {
  it('link to files and headings that exist', () => {
    let links = 0
    const dead: string[] = []
    for (const [file, { links: found }] of markdown) {
      for (const { target, line } of found) {
        if (/^[a-z]+:/.test(target)) continue
        links++
        const [to = '', anchor] = target.split('#')
        const place = to === '' ? file : path.join(path.dirname(file), to)
        if (!existsSync(path.join(root, place))) dead.push(`${file}:${line}: no file ${place}`)
        else if (anchor !== undefined && !readMarkdown(path.join(root, place)).anchors.has(anchor))
          dead.push(`${file}:${line}: no heading #${anchor} in ${place}`)
      }
    }
    assert.deepEqual(dead, [])
    assert.ok(documents.length >= 35 && links >= 120, `${documents.length} documents, ${links} links`)
  })

  it('list every decision and every policy', () => {
    const targets = (file: string): Set<string> => new Set(markdown.get(file)?.links.map(({ target }) => target))
    const records = readdirSync(path.join(root, 'docs/decisions')).filter(name => /^\d{3}-/.test(name))
    assert.deepEqual(
      records.filter(name => !targets('docs/decisions/README.md').has(name)),
      [],
    )
    const numbers = records.map(name => name.slice(0, 3))
    assert.deepEqual(numbers, [...new Set(numbers)], 'two decisions with one number')
    assert.deepEqual(
      policies.map(({ name }) => name).filter(name => !targets('README.md').has(`src/policies/${name}/README.md`)),
      [],
    )
  })

  it('name commands and options that the command line has', () => {
    const options = new Map<string, string>()
    for (const [, verb = '', rest = ''] of read('src/cli/main.ts').matchAll(/\.command\('(\w+)'\)([\s\S]*?)\.action/g))
      options.set(verb, rest.replace('...configOption', "'-c, --config <path>'"))
    let commands = 0
    for (const [file, { blocks }] of markdown) {
      if (file === 'CHANGELOG.md') continue
      for (const { text, language } of blocks) {
        if (language !== 'sh' && language !== 'console') continue
        for (const [line, verb = '', rest = ''] of text.matchAll(
          /portcullis (check|explain|run|schema|demo|[a-z]+) ([^|>&\n]*)/g,
        )) {
          if (!/\/portcullis /.test(line) && !line.startsWith('portcullis ')) continue
          if (/systemctl|journalctl/.test(line) || !options.has(verb)) continue
          commands++
          for (const [flag] of rest.matchAll(/(?<= )-(?:-[a-z]+|[A-Z])\b/g))
            assert.ok(options.get(verb)?.includes(flag), `${file}: ${verb} has no ${flag}`)
        }
      }
    }
    assert.ok(commands >= 7, `${commands} commands`)
  })

  it('name only metrics that exist', () => {
    const known = new Set([...read('docs/reference/metrics.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name))
    let named = 0
    for (const file of documents.filter(name => name !== 'docs/reference/metrics.md')) {
      for (const [name] of read(file).matchAll(/\bportcullis_\w+/g)) {
        named++
        assert.ok(known.has(name), `${file} names ${name}`)
      }
    }
    assert.ok(named >= 15, `${named} metrics`)
    const alerts =
      markdown.get('docs/operations.md')?.blocks.filter(({ text }) => /^# (alerts|prometheus)\.yml/.test(text)) ?? []
    assert.equal(alerts.length, 2)
    for (const { text } of alerts) assert.ok('value' in parseYaml(text), text)
  })

  it('prove each line of when-things-are-down by a test that is there', () => {
    const proofs =
      markdown.get('docs/when-things-are-down.md')?.links.filter(({ target }) => target.endsWith('.test.ts')) ?? []
    for (const { words, target, line } of proofs) {
      const source = read(path.join('docs', target))
      // The words may be the fixed part of a name that is made of a table.
      assert.ok(source.includes(words), `docs/when-things-are-down.md:${line}: ${target} has no test "${words}"`)
    }
    assert.ok(proofs.length >= 40, `${proofs.length} proofs`)
  })
})

describe('configuration examples', () => {
  it('of the pages of policies and sinks are valid', async () => {
    const authority = createAuthority()
    const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-docs-'))
    let tried = 0
    try {
      const { certificate, key } = authority.issue({ san: 'DNS:api.example.com', eku: 'serverAuth' })
      const files: Readonly<Record<string, string>> = {
        'api.crt': certificate,
        'api.key': key,
        'ca.pem': authority.certificate,
        'order.schema.json': read('examples/orders/order.schema.json'),
        'partners.txt': '198.51.100.0/24\n',
        'abuse.txt': '203.0.113.0/24 # who\n',
        'users.htpasswd': 'alice:$2y$10$W/OdFj0fZW.1y5oqDQdPSO9T6y8ccIJxKOBtfgk/WNWEI1AaiZBJm\n',
        'keys.yaml': `keys: [{ id: one, sha256: ${'5f'.repeat(32)}, subject: shop }]\n`,
      }
      for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text, { mode: 0o600 })
      for (const [file, { blocks }] of markdown) {
        for (const { text, language, line } of blocks) {
          if (!file.startsWith('src/') || language !== 'yaml') continue
          // A document that another one refers to, or an outline.
          if (/^# keys\.yaml|…/.test(text)) continue
          tried++
          writeFileSync(path.join(folder, 'portcullis.yaml'), whole(text))
          await loadConfig({
            path: path.join(folder, 'portcullis.yaml'),
            env: {},
            policies,
            sinks,
            cpus: 1,
            now: Date.now(),
            tls: tlsJudge,
          }).catch((error: unknown) =>
            assert.fail(`${file}:${line}: ${error instanceof ConfigError ? error.message : String(error)}`),
          )
          rmSync(path.join(folder, 'portcullis.yaml'))
        }
      }
    } finally {
      authority.close()
      rmSync(folder, { recursive: true })
    }
    assert.ok(tried >= 12, `${tried} examples`)
  })

  it('of the README and of operations are run, and no other page has a whole one', () => {
    const wholes = [...markdown].flatMap(([file, { blocks }]) =>
      blocks.filter(({ language, text }) => language === 'yaml' && /^version:/m.test(text)).map(() => file),
    )
    assert.deepEqual(wholes, ['README.md', 'docs/operations.md'])
  })
})

/** A fragment as a page shows it → a file that can be loaded: what it leaves out is added. */
function whole(fragment: string): string {
  const parsed = parseYaml(fragment)
  assert.ok('value' in parsed)
  const given = parsed.value as { policies?: ReadonlyArray<{ use: string }>; events?: unknown; listeners?: unknown }
  const proves = new Set(['jwt', 'api-key', 'basic', 'mtls', 'anonymous'])
  const open = !(given.policies ?? []).some(({ use }) => proves.has(use))
  const order = [
    'ip',
    'size',
    'anonymous',
    'jwt',
    'api-key',
    'basic',
    'mtls',
    'require',
    'rate-limit',
    'json-schema',
    'headers',
  ]
  const entries = [...(given.policies ?? []), ...(open ? [{ use: 'anonymous' }] : [])]
  return JSON.stringify({
    version: 1,
    listeners: given.listeners ?? [
      {
        name: 'tls',
        address: ':8443',
        tls: {
          certificates: [{ certificate: 'file:api.crt', key: 'file:api.key' }],
          clientAuth: 'optional',
          clientCa: 'file:ca.pem',
        },
      },
    ],
    stores: { shared: { redis: 'redis://127.0.0.1:6379' } },
    services: { orders: { targets: ['http://127.0.0.1:3000'] } },
    ...(given.events === undefined ? {} : { events: given.events }),
    routes: [
      {
        name: 'orders',
        match: { path: '/orders' },
        service: 'orders',
        policies: open ? entries.toSorted((a, b) => order.indexOf(a.use) - order.indexOf(b.use)) : entries,
      },
    ],
  })
}

describe('commands', { concurrency: 1 }, () => {
  it('of the README do what it says', needs('curl', 'openssl'), async () => {
    const { output, statuses } = await session('README.md', 'gateway.yaml', { 'node -e': 3000, 'portcullis run': 8080 })
    assert.equal(statuses, 9)
    assert.match(output, /is refused with 422 body-invalid by json-schema/)
    assert.match(output, /"path":"\/hello".*"subject":"ann".*"code":"body-/)
    assert.match(output, /portcullis ready: local http:/)
  })

  it('of docs/operations.md do what it says', needs('curl', 'openssl'), async () => {
    const origin = createServer((_, response) => response.end('an order\n')).listen(0, '127.0.0.1')
    await new Promise<void>(resolve => origin.once('listening', () => resolve()))
    try {
      const { port } = origin.address() as AddressInfo
      const { output, statuses } = await session(
        'docs/operations.md',
        'portcullis.yaml',
        { 'portcullis run': 8443 },
        new Map([[3000, port]]),
      )
      assert.equal(statuses, 13)
      assert.match(output, /notAfter=/)
    } finally {
      origin.closeAllConnections()
      origin.close()
    }
  })
})

/** Saves the page's configuration, runs its shell lines and expects them to succeed. */
async function session(
  file: string,
  configuration: string,
  listens: Readonly<Record<string, number>>,
  fixed: ReadonlyMap<number, number> = new Map(),
) {
  const blocks = markdown.get(file)?.blocks ?? []
  const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-docs-'))
  try {
    const [a, b, c] = (await freePorts(3)) as [number, number, number]
    const ports = new Map([
      ...new Map([
        [8080, a],
        [8443, a],
        [9901, b],
        [3000, c],
      ]),
      ...fixed,
    ])
    const written = blocks.find(({ language, text }) => language === 'yaml' && /^version:/m.test(text))?.text ?? ''
    writeFileSync(path.join(folder, configuration), withPorts(written, ports))
    const end = await runSession({
      blocks: blocks.filter(({ language }) => language === 'sh').map(({ text }) => text),
      folder,
      ports,
      listens,
      withinMs: 180_000,
    })
    assert.equal(end.code, 0, end.output)
    return end
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
