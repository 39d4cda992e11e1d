import { accessSync, constants } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')

/** Places of programs that are not plainly on PATH: Debian's daemons, and what scripts/services.sh unpacked. */
const folders = [
  path.join(root, '.services/bin'),
  path.join(root, '.services/python/bin'),
  ...(process.env['PATH'] ?? '').split(':').filter(folder => path.isAbsolute(folder)),
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
  '/usr/local/go/bin',
]

/** The path of a program that scripts/services.sh provides (`redis-server`, `nginx`, `envoy`, `gunicorn`, `python`, `go` …), or null. */
export function findService(name: string): string | null {
  for (const folder of folders) {
    const file = path.join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not in this folder.
    }
  }
  return null
}

/**
 * Options for a test that needs programs: `test('…', needs('redis-server'), …)`. Where one is missing the test is skipped by name;
 * in CI it is not skipped, so that requireService fails it: a green run there has run everything.
 */
export function needs(...names: string[]): { skip?: string } {
  const missing = names.filter(name => findService(name) === null)
  if (missing.length === 0 || isCi()) return {}
  return { skip: `needs ${missing.join(', ')} (scripts/services.sh says why it could not be had)` }
}

/** The path of a program; throws when it is not there. Inside tests that are declared with `needs`. */
export function requireService(name: string): string {
  const found = findService(name)
  if (found === null) throw new Error(`${name} is not installed; run scripts/services.sh and read what it says`)
  return found
}

function isCi(): boolean {
  return (process.env['CI'] ?? '') !== ''
}
