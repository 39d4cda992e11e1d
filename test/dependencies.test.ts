import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

const manifest = JSON.parse(read('package.json')) as Manifest
const document = read('docs/dependencies.md')
const runtimePart = document.slice(0, document.indexOf('## Development only'))
const developmentPart = document.slice(document.indexOf('## Development only'))

test('every runtime dependency has a line that says who uses it and why, and no line is stale', () => {
  const rows = [...runtimePart.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/gm)]
  assert.deepEqual(rows.map(row => row[1]).toSorted(), Object.keys(manifest.dependencies).toSorted())
  for (const [, name = '', users = '', why = ''] of rows) {
    assert.ok(users.trim().length > 2, `${name}: who uses it?`)
    assert.ok(why.trim().length > 30, `${name}: why?`)
  }
})

test('every development dependency is named', () => {
  for (const name of Object.keys(manifest.devDependencies)) assert.ok(developmentPart.includes(`\`${name}\``), name)
})

test('versions are pinned exactly', () => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies }
  for (const [name, version] of Object.entries(all)) assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name)
})

test('the product imports packages only from the runtime dependencies', () => {
  const files = globSync('src/**/*.ts', { cwd: root }).filter(file => !file.endsWith('.test.ts'))
  assert.ok(files.length >= 20)
  // The demo is a test bed that ships as source: its sample servers may use development packages.
  const product = files.filter(file => !file.startsWith('src/cli/demo'))
  for (const file of product) {
    for (const [, to = ''] of read(file).matchAll(/\b(?:from|import)\s*\(?\s*'(@?[a-z][\w@/.:-]*)'/g)) {
      if (to.startsWith('node:')) continue
      const name = to.startsWith('@') ? to.split('/').slice(0, 2).join('/') : (to.split('/')[0] ?? '')
      assert.ok(name in manifest.dependencies, `${file} imports ${to}`)
    }
  }
})

test('the lock is whole: npm ci refuses one that lacks a platform of an optional package', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Readonly<Record<string, { optionalDependencies?: Readonly<Record<string, string>> }>>
  }
  const optional = Object.values(packages).flatMap(entry => Object.keys(entry.optionalDependencies ?? {}))
  assert.ok(optional.length > 10)
  const missing = optional.filter(name => !(`node_modules/${name}` in packages))
  assert.deepEqual(missing, [], 'run: scripts/with-node node scripts/complete-lock.ts')
})
