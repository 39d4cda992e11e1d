import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadWritten } from '../../test/support/configuration.ts'

/** One way to be wrong: the text, and where (`▶` marks the place, and is taken out), at which pointer and in which words it is refused. */
interface Mistake {
  readonly name: string
  readonly text: string
  readonly pointer: string
  readonly says: RegExp
  readonly hint?: RegExp
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
}

const head = `version: 1
listeners: [{ name: main, address: 127.0.0.1:8080 }]
services: { origin: { targets: [http://127.0.0.1:9000] } }
`
const anyone = 'policies: [{ use: anonymous }]'
const route = (rest: string): string =>
  `${head}routes:\n  - name: one\n    match: { path: /one }\n    service: origin\n${rest}`

const mistakes: readonly Mistake[] = [
  { name: 'YAML that is none', text: `${head}routes: [\n  { name: ▶: }`, pointer: '', says: /not valid YAML/ },
  {
    name: 'a template in braces inside flow style',
    text: `${head}routes:\n  - { name: one, match: { path: /x/▶{id} }, service: origin }\n`,
    pointer: '',
    says: /not valid YAML/,
    hint: /write :id/,
  },
  { name: 'a duplicate key', text: `version: 1\nlisteners: []\n▶listeners: []\n`, pointer: '', says: /unique/ },
  { name: 'the key __proto__', text: `version: 1\n▶__proto__: { a: 1 }\n`, pointer: '', says: /not allowed/ },
  { name: 'an empty file', text: '▶# nothing\n', pointer: '', says: /empty/ },
  { name: 'a list at the top', text: '▶- a\n', pointer: '', says: /must be a map/ },
  {
    name: 'a missing version',
    text: `▶listeners: [{ name: main, address: 127.0.0.1:8080 }]\n`,
    pointer: '/version',
    says: /is missing/,
  },
  {
    name: 'another version',
    text: `version: ▶2\nlisteners: [{ name: main, address: 127.0.0.1:8080 }]\n`,
    pointer: '/version',
    says: /must be 1/,
  },
  {
    name: 'an unknown key at the top',
    text: `${head}▶route: []\n`,
    pointer: '/route',
    says: /unknown key/,
    hint: /did you mean routes\?/,
  },
  {
    name: 'an unknown key in a list',
    text: `version: 1\nlisteners: [{ name: main, ▶adress: 127.0.0.1:8080, address: 127.0.0.1:8080 }]\n`,
    pointer: '/listeners/0/adress',
    says: /unknown key/,
    hint: /did you mean address\?/,
  },
  {
    name: 'an unknown key of a policy',
    text: route(
      `    policies:\n      - use: token\n        with:\n          issuer: https://a.test/\n          ▶algoritms: [RS256]\n`,
    ),
    pointer: '/routes/0/policies/0/with/algoritms',
    says: /unknown key/,
    hint: /did you mean algorithms\?/,
  },
  { name: 'a wrong type', text: `version: 1\nlisteners: ▶main\n`, pointer: '/listeners', says: /must be a list/ },
  { name: 'no listener', text: `version: 1\nlisteners: ▶[]\n`, pointer: '/listeners', says: /at least one listener/ },
  {
    name: 'a duration without unit',
    text: `version: 1\nlisteners: [{ name: main, address: 127.0.0.1:1, limits: { headTimeout: ▶10 } }]\n`,
    pointer: '/listeners/0/limits/headTimeout',
    says: /duration such as/,
  },
  {
    name: 'a size out of bounds',
    text: `version: 1\nlisteners: [{ name: main, address: 127.0.0.1:1, limits: { head: ▶1GiB } }]\n`,
    pointer: '/listeners/0/limits/head',
    says: /between/,
  },
  {
    name: 'a host name to listen on',
    text: `version: 1\nlisteners: [{ name: main, address: ▶example.com:80 }]\n`,
    pointer: '/listeners/0/address',
    says: /IP address/,
  },
  {
    name: 'plaintext beyond loopback',
    text: `version: 1\nlisteners: [{ name: main, address: ▶":80" }]\n`,
    pointer: '/listeners/0/address',
    says: /plaintext: acknowledged/,
  },
  {
    name: 'two listeners on one address',
    text: `version: 1\nlisteners:\n  - { name: a, address: 127.0.0.1:80 }\n  - { name: b, address: ▶127.0.0.1:80 }\n`,
    pointer: '/listeners/1/address',
    says: /used already by \/listeners\/0\/address \(portcullis.yaml:3\)/,
  },
  {
    name: 'a listener that another one covers',
    text: `version: 1\nlisteners:\n  - { name: a, address: ":80", plaintext: acknowledged }\n  - { name: b, address: ▶127.0.0.1:80 }\n`,
    pointer: '/listeners/1/address',
    says: /used already.*\[::\]:80 covers it/,
  },
  {
    name: 'two listeners of one name',
    text: `version: 1\nlisteners:\n  - { name: a, address: 127.0.0.1:80 }\n  - { name: ▶a, address: 127.0.0.1:81 }\n`,
    pointer: '/listeners/1/name',
    says: /second of this name.*portcullis.yaml:3/,
  },
  {
    name: 'control beyond loopback without mTLS',
    text: `${head}control: { address: ▶":9901", allow: [10.0.0.0/8] }\n`,
    pointer: '/control/address',
    says: /clientAuth: required/,
  },
  {
    name: 'a network that is none',
    text: `${head}trustedProxies: [10.0.0.0/8, ▶10.0.0.0/99]\n`,
    pointer: '/trustedProxies/1',
    says: /10\.0\.0\.0\/8/,
  },
  {
    name: 'a target with a path',
    text: `version: 1\nlisteners: [{ name: main, address: 127.0.0.1:1 }]\nservices: { a: { targets: [▶http://h/api] } }\n`,
    pointer: '/services/a/targets/0',
    says: /end after host and port/,
  },
  {
    name: 'a store that is no Redis',
    text: `${head}stores: { shared: { redis: ▶http://h } }\n`,
    pointer: '/stores/shared/redis',
    says: /redis:\/\//,
  },
  {
    name: 'an unknown service',
    text: `${head}routes:\n  - name: one\n    match: { path: /one }\n    service: ▶orign\n    ${anyone}\n`,
    pointer: '/routes/0/service',
    says: /no service "orign"/,
    hint: /did you mean origin\?/,
  },
  {
    name: 'an unknown policy',
    text: route('    policies: [{ use: ▶anonymos }]\n'),
    pointer: '/routes/0/policies/0/use',
    says: /no policy "anonymos"/,
    hint: /did you mean anonymous\?/,
  },
  {
    name: 'an unknown sink',
    text: `${head}events: [{ sink: ▶fille, path: /x }]\n`,
    pointer: '/events/0/sink',
    says: /no sink "fille"/,
    hint: /did you mean file\?/,
  },
  {
    name: 'an unknown key of a sink',
    text: `${head}events: [{ sink: file, ▶pth: /x, path: /x }]\n`,
    pointer: '/events/0/pth',
    says: /unknown key/,
    hint: /did you mean path\?/,
  },
  {
    name: 'a path with a dot segment',
    text: `${head}routes: [{ name: a, match: { path: ▶/a/../b }, service: origin, ${anyone} }]\n`,
    pointer: '/routes/0/match/path',
    says: /never match a request/,
  },
  {
    name: 'a star inside a path',
    text: `${head}routes: [{ name: a, match: { path: ▶/a/*/b }, service: origin, ${anyone} }]\n`,
    pointer: '/routes/0/match/path',
    says: /star inside/,
  },
  {
    name: 'a host with a port',
    text: `${head}routes: [{ name: a, match: { host: ▶a.test:80, path: / }, service: origin, ${anyone} }]\n`,
    pointer: '/routes/0/match/host',
    says: /without port/,
  },
  {
    name: 'a method in small letters',
    text: `${head}routes: [{ name: a, match: { path: /, methods: [▶get] }, service: origin, ${anyone} }]\n`,
    pointer: '/routes/0/match/methods/0',
    says: /in capitals/,
  },
  {
    name: 'a route without identify policy',
    text: `${head}routes:\n  - ▶name: one\n    match: { path: /one }\n    service: origin\n    policies: [{ use: limit, with: { limit: 1/s } }]\n`,
    pointer: '/routes/0',
    says: /no identify policy/,
    hint: /use: anonymous/,
  },
  {
    name: 'a route whose identify policy is disabled',
    text: `${head}policies: [{ use: anonymous }]\nroutes:\n  - ▶name: one\n    match: { path: /one }\n    service: origin\n    disable: [anonymous]\n`,
    pointer: '/routes/0',
    says: /no identify policy/,
  },
  {
    name: 'anonymous before another method',
    text: route('    policies: [▶{ use: anonymous }, { use: mtls }]\n'),
    pointer: '/routes/0/policies/0',
    says: /mtls after it would never be asked/,
  },
  {
    name: 'observe on an identify policy',
    text: route('    policies: [{ use: anonymous, mode: ▶observe }]\n'),
    pointer: '/routes/0/policies/0/mode',
    says: /cannot only observe/,
  },
  {
    name: 'an entry out of phase',
    text: route('    policies:\n      - use: anonymous\n      - ▶use: limit\n        with: { limit: 1/s }\n'),
    pointer: '/routes/0/policies/1',
    says: /phase admit, before anonymous \(identify\)/,
    hint: /above line 9/,
  },
  {
    name: 'a disable that names nothing',
    text: route(`    ${anyone}\n    disable: [▶limt]\n`),
    pointer: '/routes/0/disable/0',
    says: /disables nothing/,
  },
  {
    name: 'two entries with one id',
    text: route(
      '    policies: [{ use: limit, id: a, with: { limit: 1/s } }, { use: limit, id: ▶a, with: { limit: 2/s } }, { use: anonymous }]\n',
    ),
    pointer: '/routes/0/policies/1/id',
    says: /second entry with this id/,
  },
  {
    name: 'two routes for one request',
    text: `${head}routes:\n  - { name: a, match: { path: "/x/{id}" }, service: origin, ${anyone} }\n  - { name: b, match: ▶{ path: "/x/{name}" }, service: origin, ${anyone} }\n`,
    pointer: '/routes/1/match',
    says: /same requests as route a.*portcullis.yaml:5/,
  },
  {
    name: 'a route that is never reached',
    text: `${head}routes:\n  - { name: a, match: ▶{ path: /x/** }, service: origin, ${anyone} }\n  - { name: b, match: { path: /x }, service: origin, ${anyone} }\n  - { name: c, match: { path: /x/ }, service: origin, ${anyone} }\n  - { name: d, match: { path: "/x/{y}/**" }, service: origin, ${anyone} }\n`,
    pointer: '/routes/0/match',
    says: /never reached.*b, c, d/,
  },
  {
    name: 'two routes of one name',
    text: `${head}routes:\n  - { name: a, match: { path: /x }, service: origin, ${anyone} }\n  - { name: ▶a, match: { path: /y }, service: origin, ${anyone} }\n`,
    pointer: '/routes/1/name',
    says: /second of this name/,
  },
  {
    name: 'an environment variable that is not set',
    text: `version: 1\nlisteners: [{ name: main, address: 127.0.0.1:1 }]\nstateDir: ▶env:STATE_DIR\n`,
    pointer: '/stateDir',
    says: /STATE_DIR is not set/,
    hint: /env:STATE_DIR:-/,
  },
  {
    name: 'an env reference that is none',
    text: `version: 1\nlisteners: [{ name: main, address: 127.0.0.1:1 }]\nstateDir: ▶env:a b\n`,
    pointer: '/stateDir',
    says: /not a reference/,
    hint: /literal:/,
  },
  {
    name: 'learning without a place to keep it',
    text: `${head}insight: { enabled: ▶true }\n`,
    pointer: '/insight/enabled',
    says: /needs stateDir/,
  },
  {
    name: 'a receiver of spans for everybody',
    text: `${head}stateDir: /s\ninsight: { otlp: { address: ▶0.0.0.0:4318 } }\n`,
    pointer: '/insight/otlp/address',
    says: /needs allow/,
  },
  {
    name: 'a receiver of spans on the port of a listener',
    text: `${head}stateDir: /s\ninsight: { otlp: { address: ▶127.0.0.1:8080 } }\n`,
    pointer: '/insight/otlp/address',
    says: /is used already/,
  },
  {
    name: 'a file that is not there',
    text: `version: 1\nlisteners: [{ name: main, address: 127.0.0.1:1 }]\nstateDir: ▶file:gone.txt\n`,
    pointer: '/stateDir',
    says: /cannot read gone.txt: no such file/,
  },
  {
    name: 'a vault reference',
    text: `version: 1\nlisteners: [{ name: main, address: 127.0.0.1:1 }]\nstateDir: ▶vault:a\n`,
    pointer: '/stateDir',
    says: /not offered/,
  },
  {
    name: 'a wrong value behind a reference',
    text: `version: 1\nlisteners: [{ name: main, address: ▶env:ADDRESS }]\n`,
    env: { ADDRESS: 'example.com:80' },
    pointer: '/listeners/0/address',
    says: /IP address/,
  },
  {
    name: 'a certificate that is none',
    text: `version: 1\nlisteners:\n  - { name: main, address: 127.0.0.1:1, tls: { certificates: [{ certificate: ▶nonsense, key: nonsense }] } }\n`,
    pointer: '/listeners/0/tls/certificates/0/certificate',
    says: /PEM/,
  },
  {
    name: 'clientAuth without a CA',
    text: `version: 1\nlisteners:\n  - { name: main, address: 127.0.0.1:1, tls: { certificates: [{ certificate: x, key: y }], clientAuth: ▶required } }\n`,
    pointer: '/listeners/0/tls/clientAuth',
    says: /needs clientCa/,
  },
  {
    name: 'what a policy refuses at its trial',
    text: route(
      '    policies:\n      - { use: anonymous }\n      - use: fussy\n        with:\n          rules: [good, ▶bad]\n',
    ),
    pointer: '/routes/0/policies/1/with/rules/1',
    says: /is not a rule/,
    hint: /a good one/,
  },
  {
    name: 'a policy that crashes at its trial',
    text: route('    policies: [{ use: anonymous }, { use: fussy, with: ▶{ rules: [crash] } }]\n'),
    pointer: '/routes/0/policies/1/with',
    says: /a bug/,
  },
  {
    name: 'a mistake inside a file that is referred to',
    text: route('    policies: [{ use: keys, with: { keys: file:sub/keys.yaml } }]\n'),
    files: { 'sub/keys.yaml': 'keys:\n  - id: a\n    digest: ▶5\n' },
    pointer: '/routes/0/policies/0/with/keys/keys/0/digest',
    says: /must be a text/,
  },
  {
    name: 'broken YAML inside a file that is referred to',
    text: route('    policies: [{ use: keys, with: { keys: file:keys.yaml } }]\n'),
    files: { 'keys.yaml': 'keys:\n  - id: a\n  - b: ▶c: d\n' },
    pointer: '/routes/0/policies/0/with/keys',
    says: /not valid YAML/,
  },
]

test('every mistake is refused at its exact place, in words that say what to do', async t => {
  let ran = 0
  for (const mistake of mistakes) {
    await t.test(`refuses ${mistake.name}`, async () => {
      const files = { 'portcullis.yaml': mistake.text, ...mistake.files }
      const place = markedPlace(files)
      const clean = Object.fromEntries(Object.entries(files).map(([file, text]) => [file, text.replace('▶', '')]))
      const { issues } = await loadWritten({ files: clean, ...(mistake.env === undefined ? {} : { env: mistake.env }) })
      assert.ok(issues, 'the configuration was accepted')
      const found = issues.filter(issue => issue.pointer === mistake.pointer && mistake.says.test(issue.reason))
      assert.equal(found.length, 1, JSON.stringify(issues, null, 1))
      assert.deepEqual(found[0]?.place, place, JSON.stringify(issues, null, 1))
      if (mistake.hint !== undefined) assert.match(found[0]?.hint ?? '', mistake.hint)
      ran++
    })
  }
  assert.equal(ran, mistakes.length)
})

function markedPlace(files: Readonly<Record<string, string>>): { file: string; line: number; column: number } {
  for (const [file, text] of Object.entries(files)) {
    const at = text.indexOf('▶')
    if (at < 0) continue
    const before = text.slice(0, at).split('\n')
    return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  }
  throw new Error('no place is marked')
}

test('all mistakes come out at once, in the order of the file', async () => {
  const { issues } = await loadWritten({
    files: {
      'portcullis.yaml': `version: 1
listeners: [{ name: main, address: ":80" }]
services: { origin: { targets: [ftp://x] } }
routes:
  - { name: a, match: { path: x }, service: origin, policies: [{ use: nobody }, { use: token, with: {} }] }
extra: true
`,
    },
  })
  assert.deepEqual(
    issues?.map(issue => issue.pointer),
    [
      '/listeners/0/address',
      '/services/origin/targets/0',
      '/routes/0/match/path',
      '/routes/0/policies/0/use',
      '/routes/0/policies/1/with/issuer',
      '/extra',
    ],
  )
  assert.deepEqual(
    issues?.map(issue => issue.place?.line),
    [2, 3, 5, 5, 5, 6],
  )
})
