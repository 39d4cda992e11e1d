import { existsSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')

/** A folder of the shared test data (`llhttp-vectors` …) as an absolute path; null when it is not here, and then the test skips by name. */
export function testData(folder: string): string | null {
  const base = path.resolve(root, process.env['PORTCULLIS_TEST_DATA'] ?? '../shared/data')
  const found = path.join(base, folder)
  return existsSync(found) ? found : null
}
