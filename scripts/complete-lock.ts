// After `npm install` with a registry that lacks some platforms' builds: npm leaves those optional packages out of the lock, and then
// `npm ci` refuses the lock everywhere. Writes an entry for each, so that the lock is whole; they are never installed on Linux with glibc.
// scripts/with-node node scripts/complete-lock.ts
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

interface Entry {
  readonly version?: string
  readonly cpu?: readonly string[]
  readonly os?: readonly string[]
  readonly libc?: readonly string[]
  readonly dev?: true
  readonly optional?: true
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const file = path.resolve(import.meta.dirname, '../package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> }
const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const processors = ['arm64', 'x64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x']

let added = 0
for (const [owner, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    if (key in lock.packages) continue
    const words = name.slice(name.lastIndexOf('/') + 1).split('-')
    const os = systems.filter(system => words.includes(system))
    const cpu = processors.filter(processor => words.includes(processor))
    const libc = words.some(word => word.startsWith('musl')) ? ['musl'] : []
    if (os.length !== 1 || cpu.length !== 1) throw new Error(`${owner}: the platform of ${name} is not in its name`)
    lock.packages[key] = {
      version,
      cpu,
      ...(entry.dev && { dev: true }),
      ...(libc.length > 0 && { libc }),
      optional: true,
      os,
    }
    added++
  }
}
const sorted = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
writeFileSync(file, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`)
console.log(`${added} entries added`)
