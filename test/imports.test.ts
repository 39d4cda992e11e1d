import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const root = path.resolve(import.meta.dirname, '..')

/** All that a folder of src/ may import, besides itself, core and lib (DESIGN §2). */
const allowed: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  core: [],
  config: [],
  net: [],
  state: [],
  events: [],
  identity: [],
  upstream: ['net'],
  policies: ['state', 'identity'],
  gateway: ['config', 'net', 'upstream', 'policies', 'state', 'events', 'identity'],
  insight: ['config', 'events'],
  response: ['insight', 'events'],
  control: ['config', 'policies', 'insight', 'response', 'identity'],
  cli: [
    'config',
    'net',
    'upstream',
    'policies',
    'gateway',
    'identity',
    'state',
    'events',
    'insight',
    'response',
    'control',
  ],
}

interface Import {
  readonly from: string
  readonly line: number
  readonly to: string
}

/** Every module name that a source file mentions: import and export from, `import('…')` as value and as type, require and worker URLs. */
function importsOf(file: string, text: string): Import[] {
  const found: Import[] = []
  const patterns = [
    /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*(['"])([^'"]+)\1/gm,
    /^\s*import\s*(['"])([^'"]+)\1/gm,
    /\bimport\s*\(\s*(['"`])([^'"`]+)\1/g,
    /\brequire\s*\(\s*(['"`])([^'"`]+)\1/g,
    /\bnew URL\(\s*(['"`])(\.[^'"`]+\.ts)\1\s*,\s*import\.meta\.url/g,
  ]
  for (const pattern of patterns) {
    for (const match of text.matchAll(pattern)) {
      found.push({ from: file, line: text.slice(0, match.index).split('\n').length, to: match[2] as string })
    }
  }
  return found
}

/** Why an import breaks the rules; null when it is allowed. */
function offence({ from, to }: Import): string | null {
  if (!to.startsWith('.')) return null
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(from), to))
  if (!/\.(ts|json)$/.test(target)) return `${target} has no extension: imports name the file as it is`
  if (from.startsWith('console/')) {
    return target.startsWith('console/') || target === 'src/control/api.ts'
      ? null
      : 'the console imports only types of control/api.ts'
  }
  if (!target.startsWith('src/')) {
    return 'the product imports nothing outside src/'
  }
  const [, source = '', sourceUnit = ''] = from.split('/')
  const [, wanted = '', wantedUnit = ''] = target.split('/')
  const rules = allowed[source]
  if (rules === undefined) return `src/${source} is not in the table of DESIGN §2`
  if (source === wanted) {
    if (source !== 'policies') return null
    // policies/index.ts is the explicit list; only it may see every policy.
    const isFolder = (unit: string) => !unit.includes('.')
    if (isFolder(sourceUnit) && isFolder(wantedUnit) && sourceUnit !== wantedUnit)
      return 'one policy never imports another'
    return null
  }
  if (source === 'lib') return 'lib imports nothing'
  if (wanted === 'core' || wanted === 'lib') return null
  return rules.includes(wanted) ? null : `${source} may import ${['core', 'lib', ...rules].join(', ')}; not ${wanted}`
}

test('the import rules of DESIGN §2 hold in every source file', t => {
  const files = globSync(['src/**/*.ts', 'console/**/*.{ts,tsx}'], { cwd: root, exclude: ['console/node_modules/**'] })
    .filter(file => !file.endsWith('.test.ts'))
    .toSorted()
  const imports = files.flatMap(file => importsOf(file, readFileSync(path.join(root, file), 'utf8')))
  const offences = imports.flatMap(entry => {
    const reason = offence(entry)
    return reason === null ? [] : [`${entry.from}:${entry.line} imports ${entry.to}: ${reason}`]
  })
  t.diagnostic(`${files.length} files, ${imports.length} imports`)
  assert.deepEqual(offences, [])
  // A reader that silently finds nothing must fail.
  assert.ok(files.length >= 20, `only ${files.length} source files`)
  assert.ok(imports.length >= 20, `only ${imports.length} imports`)
})

test('every folder of src has a row in the table', () => {
  const folders = globSync('src/*', { cwd: root }).map(folder => path.basename(folder))
  assert.deepEqual(
    folders.filter(folder => !(folder in allowed)),
    [],
  )
})

test('the reader sees every form of import', () => {
  const text = [
    "import a from './a.ts'",
    "import type { B } from './b.ts'",
    "import {\n  c,\n  type C,\n} from './c.ts'",
    "import './d.ts'",
    "export { e } from './e.ts'",
    "export * from './f.ts'",
    "const g = await import('./g.ts')",
    "type H = import('./h.ts').H",
    "new Worker(new URL('./i.ts', import.meta.url))",
    "const schema = () => import('./j.ts').then(m => m.schema)",
  ].join('\n')
  const names = importsOf('src/core/x.ts', text).map(entry => entry.to)
  assert.deepEqual(
    names.toSorted(),
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].map(name => `./${name}.ts`),
  )
})

test('forbidden edges are seen', () => {
  const forbidden: Array<[from: string, to: string]> = [
    ['src/lib/lru.ts', '../core/host.ts'],
    ['src/core/host.ts', '../config/types.ts'],
    ['src/net/h1/parse.ts', '../../config/types.ts'],
    ['src/policies/jwt/policy.ts', '../basic/policy.ts'],
    ['src/policies/jwt/policy.ts', '../../config/types.ts'],
    ['src/policies/jwt/policy.ts', '../../net/tls.ts'],
    ['src/gateway/worker.ts', '../control/api.ts'],
    ['src/control/server.ts', '../gateway/worker.ts'],
    ['src/config/load.ts', '../policies/index.ts'],
    ['src/cli/run.ts', '../../test/support/ports.ts'],
    ['src/core/host.ts', './secret'],
    ['console/app.ts', '../src/control/server.ts'],
    ['src/helpers/x.ts', '../core/host.ts'],
  ]
  for (const [from, to] of forbidden) assert.notEqual(offence({ from, to, line: 1 }), null, `${from} → ${to}`)
  const permitted: Array<[from: string, to: string]> = [
    ['src/lib/lru.ts', './list.ts'],
    ['src/policies/index.ts', './jwt/policy.ts'],
    ['src/policies/jwt/policy.ts', '../../state/limiter.ts'],
    ['src/policies/jwt/policy.ts', './schema.ts'],
    ['src/upstream/pool.ts', '../net/h1/parse.ts'],
    ['src/cli/run.ts', '../gateway/supervisor.ts'],
    ['console/app.ts', '../src/control/api.ts'],
    ['src/core/host.ts', 'node:crypto'],
  ]
  for (const [from, to] of permitted) assert.equal(offence({ from, to, line: 1 }), null, `${from} → ${to}`)
})
