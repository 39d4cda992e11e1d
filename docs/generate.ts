// `npm run docs`: writes everything in docs/reference from the source it describes. docs/generate.test.ts fails when a page is stale.
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { configurationPage } from './generators/configuration.ts'
import { detectorPages } from './generators/detectors.ts'
import { eventsPage } from './generators/events.ts'
import { metricsPage } from './generators/metrics.ts'
import { postureRulesPage } from './generators/posture-rules.ts'
import { problemsPage } from './generators/problems.ts'

/** A generated page: its path from the project's root, and how it is made. */
export interface Generator {
  readonly file: string
  make(): Promise<string>
}

/** Every generated page. */
export const generators: readonly Generator[] = [
  { file: 'docs/reference/configuration.md', make: configurationPage },
  { file: 'docs/reference/events.md', make: eventsPage },
  { file: 'docs/reference/metrics.md', make: metricsPage },
  { file: 'docs/reference/posture-rules.md', make: postureRulesPage },
  { file: 'docs/reference/problems.md', make: problemsPage },
  ...detectorPages,
]

export const root = path.resolve(import.meta.dirname, '..')

if (import.meta.main) {
  for (const { file, make } of generators) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true })
    await writeFile(path.join(root, file), await make())
    console.log(file)
  }
}
