// npm run conformance: the foreign suites, one line each. Exit 1 on a failure, and on a suite that ran nothing.
import type { SuiteResult } from './suite.ts'

/** The explicit list. A new suite is one line here and one file beside this one. */
const suites: ReadonlyArray<readonly [name: string, load: () => Promise<{ run(): Promise<SuiteResult> }>]> = [
  ['json-schema', () => import('./json-schema.ts')],
  ['json-parsing', () => import('./json-parsing.ts')],
  ['llhttp', () => import('./llhttp.ts')],
  ['structured-fields', () => import('./structured-fields.ts')],
  ['trace-context', () => import('./trace-context.ts')],
]

const only = process.argv.slice(2)
const failuresShown = 20
let green = true
let ran = 0
for (const [name, load] of suites) {
  if (only.length > 0 && !only.includes(name)) continue
  ran++
  try {
    const result = await (await load()).run()
    console.log(`${result.suite}: ${result.run} run, ${result.failed} failed, ${result.excepted} excepted`)
    for (const failure of result.failures.slice(0, failuresShown)) console.log(`    ${failure}`)
    if (result.failures.length > failuresShown) console.log(`    … and ${result.failures.length - failuresShown} more`)
    if (result.run === 0) console.log(`    ${name} ran nothing: is the test data there (PORTCULLIS_TEST_DATA)?`)
    if (result.failed > 0 || result.failures.length > 0 || result.run === 0) green = false
  } catch (error) {
    green = false
    console.log(`${name}: 0 run, 1 failed, 0 excepted`)
    console.log(`    ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }
}
if (ran === 0) console.log(`no such suite; there are: ${suites.map(([name]) => name).join(', ')}`)
process.exit(green && ran > 0 ? 0 : 1)
