import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import type { Policy } from '../core/policy.ts'
import { runCase, type CaseFile, type Shown } from '../../test/support/policy-cases.ts'
import { policies } from './index.ts'

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name)

it('every policy folder is in the list, and the list has a folder for each', () => {
  assert.deepEqual(policies.map(policy => policy.name).sort(), folders.sort())
})

for (const folder of folders) {
  describe(`${folder} cases`, () => {
    const place = `${import.meta.dirname}/${folder}`
    const file: CaseFile = existsSync(`${place}/cases.json`)
      ? (JSON.parse(readFileSync(`${place}/cases.json`, 'utf8')) as CaseFile)
      : { cases: [] }
    const shown = new Set<Shown>()
    let ran = 0

    it('has cases and a README', () => {
      assert.ok(file.cases.length > 0, `${folder}/cases.json has no cases`)
      assert.ok(existsSync(`${place}/README.md`), `${folder} has no README.md`)
    })

    for (const one of file.cases) {
      it(one.name, async () => {
        for (const kind of await runCase(await policyOf(folder), file, one)) shown.add(kind)
        ran++
      })
    }

    after(() => {
      assert.equal(ran, file.cases.length, `${folder}: ${ran} of ${file.cases.length} cases ran to their end`)
      assert.deepEqual([...shown].sort(), ['passes', 'refuses'], `${folder}: a refused case and its good twin`)
      assert.equal(new Set(file.cases.map(one => one.name)).size, file.cases.length, `${folder}: two cases of one name`)
    })
  })
}

// Straight from its folder, so that a policy can be tested before it is listed; the first test insists on the list.
async function policyOf(folder: string): Promise<Policy> {
  const module = (await import(`./${folder}/policy.ts`)) as Record<string, unknown>
  const found = Object.values(module).find(
    value =>
      (value as Partial<Policy> | null)?.name === folder && typeof (value as Partial<Policy>).compile === 'function',
  )
  assert.ok(found, `${folder}/policy.ts exports no policy named ${folder}`)
  return found as Policy
}
