import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { createAuthority } from '../../test/support/certificates.ts'
import { loadWritten, testPolicies, testSinks } from '../../test/support/configuration.ts'
import { formatIssue } from '../core/config-error.ts'
import { effectiveChain } from './chain.ts'
import { diff } from './diff.ts'
import { loadConfig } from './load.ts'

const small = `version: 1
listeners: [{ name: main, address: 127.0.0.1:8080 }]
services: { origin: { targets: [http://127.0.0.1:9000] } }
`

async function load(
  text: string,
  more: Parameters<typeof loadWritten>[0]['files'] = {},
  env: Record<string, string> = {},
) {
  const { loaded, issues } = await loadWritten({ files: { 'portcullis.yaml': text, ...more }, env })
  assert.ok(loaded, (issues ?? []).map(formatIssue).join('\n'))
  return loaded
}

test('the defaults are those of the design', async () => {
  const { config } = await load(small)
  assert.deepEqual(config.listeners[0]?.limits, {
    headBytesMax: 32 * 1024,
    fieldsMax: 100,
    urlBytesMax: 8 * 1024,
    connectionsMax: 10_000,
    connectionsPerAddressMax: 1_000,
    requestsPerConnectionMax: 1_000,
    headTimeoutMs: 10_000,
    idleTimeoutMs: 60_000,
    progressTimeoutMs: 30_000,
  })
  assert.equal(config.workers, 2)
  assert.equal(config.control, null)
  const { config: routed } = await load(
    `${small}routes: [{ name: a, match: { path: /a }, service: origin, policies: [{ use: anonymous }] }]\n`,
  )
  const route = routed.routes[0]
  assert.deepEqual(
    [route?.bufferedBodyMax, route?.bodyMax, route?.learn, route?.stripPrefix],
    [1024 * 1024, null, true, false],
  )
})

test('the chain is by phase, then global, service, route, then as written, without what is disabled', async () => {
  const { config } = await load(`version: 1
listeners: [{ name: main, address: 127.0.0.1:8080 }]
policies:
  - { use: limit, with: { limit: 1/s } }
  - { use: mtls }
  - { use: fussy, id: global-rule }
services:
  origin:
    targets: [http://127.0.0.1:9000]
    policies: [{ use: limit, id: service-limit, with: { limit: 2/s } }, { use: fussy }]
routes:
  - name: all
    match: { path: /all }
    service: origin
    policies: [{ use: limit, with: { limit: 3/s } }, { use: limit, with: { limit: 4/s } }, { use: token, with: { issuer: "https://a.test/" } }]
  - name: less
    match: { path: /less }
    service: origin
    disable: [mtls, global-rule, service-limit]
    policies: [{ use: anonymous }]
`)
  const words = (i: number) =>
    effectiveChain(config, config.routes[i] as never).map(entry => `${entry.phase} ${entry.level} ${entry.id}`)
  assert.deepEqual(words(0), [
    'admit global limit',
    'admit service service-limit',
    'admit route limit',
    'admit route limit-2',
    'identify global mtls',
    'identify route token',
    'authorize global global-rule',
    'authorize service fussy',
  ])
  assert.deepEqual(words(1), ['admit global limit', 'identify route anonymous', 'authorize service fussy'])
  assert.deepEqual(config.routes[0]?.policies[1]?.at.line, 15)
})

test('references are resolved once, typed by the schema, and one in a referenced file stays data', async () => {
  const { config, files } = await load(
    `version: 1
workers: env:WORKERS
listeners: [{ name: main, address: "env:ADDRESS:-127.0.0.1:1" }]
services: { origin: { targets: [env:ORIGIN] } }
routes:
  - name: a
    match: { path: /a, headers: { x-kind: "literal:env:prod" } }
    service: origin
    policies:
      - { use: token, id: t, with: { issuer: https://a.test/, retries: env:RETRIES, strict: env:STRICT } }
      - { use: keys, with: { keys: file:keys/all.yaml } }
`,
    { 'keys/all.yaml': 'keys: [{ id: env:NOT_SET, digest: abcdef }]\n' },
    { WORKERS: '3', ORIGIN: 'https://o.test', RETRIES: '7', STRICT: 'false' },
  )
  assert.equal(config.workers, 3)
  assert.deepEqual(config.listeners[0]?.address, { kind: 'tcp', host: '127.0.0.1', port: 1 })
  assert.equal(config.services[0]?.targets[0]?.tls, true)
  assert.deepEqual(config.routes[0]?.match.headers, { 'x-kind': 'env:prod' })
  const [token, keys] = config.routes[0]?.policies ?? []
  const { retries, strict, leeway } = (token?.with ?? {}) as Record<string, unknown>
  assert.deepEqual([retries, strict, leeway], [7, false, 30_000])
  const settings = keys?.with as { readonly keys: { readonly keys: readonly { readonly id: string }[] } } | undefined
  assert.equal(settings?.keys.keys[0]?.id, 'env:NOT_SET')
  assert.deepEqual(
    files.map(file => path.basename(file)),
    ['portcullis.yaml', 'all.yaml'],
  )
})

test('paths are brought to the form that requests are compared in', async () => {
  const { config } = await load(`${small}routes:
  - { name: a, match: { path: "/%61/:id/%c3%a9/**", host: "API.Test", methods: [GET] }, service: origin, policies: [{ use: anonymous }] }
`)
  assert.deepEqual(config.routes[0]?.match, {
    hosts: ['api.test'],
    path: '/a/{id}/%C3%A9/**',
    methods: ['GET'],
    headers: {},
  })
})

test('a checked configuration cannot be changed', async () => {
  const { config } = await load(
    `${small}routes: [{ name: a, match: { path: /a }, service: origin, policies: [{ use: token, with: { issuer: "https://a.test/" } }] }]\n`,
  )
  const frozen = (value: unknown): boolean =>
    value === null || typeof value !== 'object' || (Object.isFrozen(value) && Object.values(value).every(frozen))
  assert.ok(frozen(config))
})

test('no secret appears in any output, wherever it was written and whatever goes wrong', async () => {
  const secrets = [
    'inline-s3cret-value',
    'from-the-environment-1',
    'from-a-file-s3cret',
    'digest-in-a-document',
    'fallback-s3cret',
    'user-info-s3cret',
  ]
  const text = `version: 1
listeners: [{ name: main, address: 127.0.0.1:8080 }]
stores:
  one: { redis: "redis://:inline-s3cret-value@127.0.0.1:1" }
  two: { redis: "env:REDIS:-redis://:fallback-s3cret@127.0.0.1:1" }
services: { origin: { targets: [http://127.0.0.1:9000] } }
events: [{ sink: file, path: "https://u:user-info-s3cret@logs.test/x" }]
routes:
  - name: a
    match: { path: /a }
    service: origin
    policies:
      - { use: token, id: one, with: { issuer: https://a.test/, secret: env:SECRET } }
      - { use: token, id: two, with: { issuer: https://a.test/, secret: file:secret.txt } }
      - { use: keys, with: { keys: { keys: [{ id: k, digest: digest-in-a-document }] } } }
`
  const files = { 'secret.txt': 'from-a-file-s3cret\n' }
  const env = { SECRET: 'from-the-environment-1' }
  const loaded = await load(text, files, env)
  const { config, authored, warnings } = loaded
  const output = [
    inspect(config, { depth: 20 }),
    JSON.stringify(config),
    JSON.stringify(authored),
    warnings.join('\n'),
    inspect(loaded, { depth: 20, getters: true }),
  ].join('\n')
  for (const secret of secrets.slice(0, 5)) assert.ok(!output.includes(secret), secret)
  assert.ok(!JSON.stringify(authored).includes('user-info-s3cret'))
  assert.match(JSON.stringify(authored), /"secret":"env:SECRET".*"secret":"file:secret.txt".*"digest":"\[redacted\]"/)
  assert.match(JSON.stringify(authored), /"redis":"\[redacted\]".*"redis":"env:REDIS:-\[redacted\]"/)

  // Secrets where they do not belong, and a policy that says too much.
  const wrong = await loadWritten({
    files: {
      'portcullis.yaml': `version: 1
workers: env:SECRET
listeners: [{ name: env:SECRET, address: env:SECRET, limits: { head: env:SECRET, headTimeout: env:SECRET } }]
stores: { one: { redis: env:SECRET } }
services: { origin: { targets: [env:SECRET], host: env:SECRET } }
events: [{ sink: env:SECRET }]
routes:
  - name: env:SECRET
    match: { path: env:SECRET, host: env:SECRET, methods: [env:SECRET] }
    service: env:SECRET
    disable: [env:SECRET]
    policies:
      - { use: env:SECRET }
      - { use: limit, mode: env:SECRET, with: { limit: env:SECRET, by: env:SECRET } }
      - { use: fussy, with: { rules: [bad], token: inline-s3cret-value } }
      - { use: token, with: { issuer: env:SECRET, secret: [inline-s3cret-value], algorithms: env:SECRET } }
`,
    },
    env,
  })
  const said = wrong.issues?.map(formatIssue).join('\n') ?? ''
  assert.ok((wrong.issues?.length ?? 0) > 10, said)
  for (const secret of secrets) assert.ok(!said.includes(secret), said)
  const broken = await loadWritten({
    files: { 'portcullis.yaml': `version: 1\nsecret: "inline-s3cret-value" x: y\n  inline-s3cret-value: {\n` },
  })
  assert.ok(broken.issues)
  for (const issue of broken.issues) assert.ok(!formatIssue(issue).includes('inline-s3cret-value'), formatIssue(issue))
})

test('what a policy says of a secret at its trial is scrubbed', async () => {
  const { issues } = await loadWritten({
    files: {
      'portcullis.yaml': `${small}routes: [{ name: a, match: { path: /a }, service: origin, policies: [{ use: anonymous }, { use: fussy, with: { rules: [bad], token: inline-s3cret-value } }] }]\n`,
    },
  })
  assert.deepEqual(
    issues?.map(issue => issue.reason),
    ['is not a rule ([redacted])'],
  )
})

test('a folder is one configuration: lists joined, named things united, a name said twice refused with both places', async () => {
  const parts = {
    'conf/a.yaml': small,
    'conf/b.yml': `version: 1\nservices: { other: { targets: [http://127.0.0.1:9001] } }\nroutes: [{ name: a, match: { path: /a }, service: other, policies: [{ use: anonymous }] }]\n`,
    'conf/c.yaml': `routes:\n  - { name: b, match: { path: /b }, service: origin, policies: [{ use: anonymous }] }\n`,
    'conf/.hidden.yaml': 'nonsense: true\n',
    'conf/readme.txt': 'not yaml: [',
  }
  const { loaded, issues } = await loadWritten({ files: parts, path: 'conf' })
  assert.ok(loaded, (issues ?? []).map(formatIssue).join('\n'))
  assert.deepEqual(
    loaded.config.routes.map(route => `${route.name} ${path.basename(route.at.file)}:${route.at.line}`),
    ['a b.yml:3', 'b c.yaml:2'],
  )
  assert.deepEqual(
    loaded.config.services.map(service => service.name),
    ['origin', 'other'],
  )
  assert.equal(loaded.files.length, 4)
  assert.equal(path.basename(loaded.locate('/routes/1/match')?.file ?? ''), 'c.yaml')

  const twice = await loadWritten({
    files: {
      ...parts,
      'conf/d.yaml': 'services: { other: { targets: [http://h] } }\nstateDir: /a\n',
      'conf/e.yaml': 'stateDir: /b\n',
    },
    path: 'conf',
  })
  assert.deepEqual(
    twice.issues?.map(
      issue => `${issue.pointer} ${issue.place?.file}:${issue.place?.line}:${issue.place?.column} ${issue.reason}`,
    ),
    [
      '/services/other conf/d.yaml:1:13 is already written in conf/b.yml:2',
      '/stateDir conf/e.yaml:1:1 is already written in conf/d.yaml:2',
    ],
  )
})

test('what is allowed but dangerous is said', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'portcullis-warn-'))
  try {
    await writeFile(path.join(folder, 'token.txt'), 'a-long-token\n')
    await chmod(path.join(folder, 'token.txt'), 0o644)
    await writeFile(
      path.join(folder, 'portcullis.yaml'),
      `${small}routes:\n  - name: a\n    match: { path: /a }\n    service: origin\n    policies: [{ use: mtls }, { use: token, with: { issuer: "https://a.test/", secret: file:token.txt } }, { use: fussy }]\n`,
    )
    const options = {
      path: path.join(folder, 'portcullis.yaml'),
      env: {},
      policies: testPolicies,
      sinks: testSinks,
      cpus: 1,
      now: 0,
    }
    const said = (await loadConfig(options)).warnings.join('\n')
    assert.match(said, /portcullis.yaml:8:\d+ \/routes\/0\/policies\/0: no listener asks for client certificates/)
    assert.match(said, /everybody on this machine may read .*token.txt/)
    assert.match(said, /has no rules/)
    await chmod(path.join(folder, 'token.txt'), 0o600)
    assert.doesNotMatch((await loadConfig(options)).warnings.join('\n'), /everybody/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a missing, empty, huge or endless configuration is refused', async () => {
  for (const [files, given, says] of [
    [{}, 'nowhere.yaml', /no such file/],
    [{ 'conf/readme.txt': '' }, 'conf', /no \*\.yaml file/],
    [{ 'portcullis.yaml': Buffer.from([0x76, 0xff, 0xfe]) }, 'portcullis.yaml', /UTF-8/],
    [{ 'portcullis.yaml': '#'.repeat(17 * 1024 * 1024) }, 'portcullis.yaml', /larger than/],
    [{ 'portcullis.yaml': '['.repeat(100_000) }, 'portcullis.yaml', /nested too deeply/],
    [
      {
        'portcullis.yaml': `a: &a [x, x]\n${'bcdefghijklmnop'
          .split('')
          .map((key, i) => `${key}: &${key} [${`*${'abcdefghijklmno'[i]}, `.repeat(9)}]`)
          .join('\n')}\n`,
      },
      'portcullis.yaml',
      /alias/i,
    ],
  ] as const) {
    const { issues } = await loadWritten({ files, path: given })
    assert.match(issues?.map(formatIssue).join('\n') ?? 'accepted', says)
  }
  const { issues } = await loadWritten({ files: { 'portcullis.yaml': 'version: 1\nstateDir: file:/dev/zero\n' } })
  assert.match(issues?.map(formatIssue).join('\n') ?? 'accepted', /not a regular file/)
})

test('a difference names what changed and never how', async () => {
  const text = (limit: string, secret: string, more = '') =>
    `${small}routes:\n${more}  - name: a\n    match: { path: /a }\n    service: origin\n    policies: [{ use: limit, with: { limit: ${limit} } }, { use: token, with: { issuer: "https://a.test/", secret: ${secret} } }]\n`
  const before = (await load(text('1/s', 'secret-one'))).config
  assert.deepEqual(diff(before, (await load(text('1/s', 'secret-one'))).config), [])
  const added = '  - { name: z, match: { path: /z }, service: origin, policies: [{ use: anonymous }] }\n'
  assert.deepEqual(diff(before, (await load(text('2/s', 'secret-two', added))).config), [
    { kind: 'changed', pointer: '/routes/a/policies/limit/with/limit/amount' },
    { kind: 'changed', pointer: '/routes/a/policies/token/with/secret' },
    { kind: 'added', pointer: '/routes/z' },
  ])
})

test('trust in every caller as a proxy is said', async () => {
  const said = async (networks: string): Promise<string> =>
    (await load(`${small}trustedProxies: [${networks}]\n`)).warnings.join('\n')
  for (const networks of ['0.0.0.0/0', '"::/0"', '0.0.0.0/1, 128.0.0.0/1'])
    assert.match(await said(networks), /trustedProxies\/0: believes nearly every caller/)
  assert.equal(await said('10.0.0.0/8, 192.0.2.7, "2001:db8::/32"'), '')
})

test('a listener that insists on certificates, and routes that another listener serves without one, is said', async () => {
  const { certificate, key, ca } = (() => {
    const authority = createAuthority()
    try {
      return { ...authority.issue({ san: 'DNS:a.test', eku: 'serverAuth' }), ca: authority.certificate }
    } finally {
      authority.close()
    }
  })()
  const files = { 'a.crt': certificate, 'a.key': key, 'ca.crt': ca }
  const tls = (clientAuth: string): string =>
    `tls: { certificates: [{ certificate: file:a.crt, key: file:a.key }], clientAuth: ${clientAuth}, clientCa: file:ca.crt }`
  const required = `{ name: partners, address: 127.0.0.1:1, ${tls('required')} }`
  const said = async (listeners: readonly string[], policies: string): Promise<string> => {
    const routes = `routes: [{ name: stock, match: { path: /** }, service: origin, policies: [${policies}] }]`
    const { warnings } = await load(
      `version: 1\nlisteners: [${listeners.join(', ')}]\nservices: { origin: { targets: [http://127.0.0.1:9000] } }\n${routes}\n`,
      files,
    )
    return warnings.filter(warning => warning.includes('clientAuth')).join('\n')
  }
  for (const other of [
    '{ name: open, address: 127.0.0.1:2 }',
    `{ name: open, address: 127.0.0.1:2, ${tls('optional')} }`,
  ])
    assert.match(
      await said([other, required], '{ use: anonymous }'),
      /\/listeners\/1\/tls\/clientAuth: guards no route by itself.* listener open .*\(stock\)[^]*use: mtls/,
    )
  assert.equal(await said([required], '{ use: anonymous }'), '')
  assert.equal(
    await said([required, required.replace('partners', 'more').replace(':1,', ':2,')], '{ use: anonymous }'),
    '',
  )
  const open = '{ name: open, address: 127.0.0.1:2 }'
  assert.equal(await said([open, required], '{ use: mtls }'), '')
  assert.equal(await said([open, required], '{ use: token, with: { issuer: "https://a.test/" } }'), '')
})

test('a relative path counts from the file that says it, one of the environment from the working directory', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'portcullis-paths-'))
  try {
    await mkdir(path.join(folder, 'conf'))
    const paths = async (
      stateDir: string,
      events: string,
      env: Record<string, string> = {},
    ): Promise<readonly unknown[]> => {
      await writeFile(path.join(folder, 'conf/a.yaml'), `${small}stateDir: ${stateDir}\n`)
      await writeFile(
        path.join(folder, 'conf/b.yaml'),
        `events: [{ sink: file, path: ${events} }]\ninsight: { record: ${events} }\n`,
      )
      const parts = { policies: testPolicies, sinks: testSinks, cpus: 1, now: 0, env }
      // However the folder is named.
      const found = await Promise.all(
        [path.join(folder, 'conf'), path.relative(process.cwd(), path.join(folder, 'conf'))].map(async given => {
          const { config } = await loadConfig({ ...parts, path: given })
          const eventPath = (config.events[0]?.with as { path: string } | undefined)?.path
          assert.equal(config.insight?.record, eventPath)
          return [config.stateDir, eventPath]
        }),
      )
      assert.deepEqual(found[0], found[1])
      return found[0] as readonly unknown[]
    }
    const inside = (name: string): string => path.join(folder, name)
    const here = (name: string): string => path.join(process.cwd(), name)
    assert.deepEqual(await paths('state', 'e.ndjson'), [inside('conf/state'), inside('conf/e.ndjson')])
    assert.deepEqual(await paths('../state', './logs/e'), [inside('state'), inside('conf/logs/e')])
    assert.deepEqual(await paths('/var/lib/p', '/var/log/e'), ['/var/lib/p', '/var/log/e'])
    assert.deepEqual(await paths('env:S:-state', 'env:E:-e'), [inside('conf/state'), inside('conf/e')])
    assert.deepEqual(await paths('env:S:-state', 'env:E:-e', { S: '', E: '' }), [
      inside('conf/state'),
      inside('conf/e'),
    ])
    assert.deepEqual(await paths('env:S:-state', 'env:E', { S: 'state', E: 'x/e' }), [here('state'), here('x/e')])
    assert.deepEqual(await paths('env:S', 'env:E', { S: '/s', E: '/e' }), ['/s', '/e'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
