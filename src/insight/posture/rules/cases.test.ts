import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import {
  authoredConfig,
  caseFiles,
  caseInput,
  loadPatched,
  type PostureCaseFile,
} from '../../../../test/support/posture-cases.ts'
import { assess } from '../assess.ts'
import { headings } from '../input.ts'
import { rules } from './index.ts'

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name)

it('every rule folder is in the list, and the list has a folder for each', () => {
  assert.deepEqual(
    rules.map(rule => rule.id),
    folders.toSorted(),
  )
})

for (const rule of rules) {
  describe(rule.id, () => {
    const place = `${import.meta.dirname}/${rule.id}`
    const { cases } = JSON.parse(readFileSync(`${place}/cases.json`, 'utf8')) as PostureCaseFile
    let files: Readonly<Record<string, string>> = {}
    const shown = new Set<'finds' | 'sound'>()
    let ran = 0
    // The certificates are made by a command, and few rules look at any.
    before(() => {
      if (JSON.stringify(cases).includes('file:')) files = caseFiles()
    })

    it('has a README, names its clauses and a heading', () => {
      assert.ok(existsSync(`${place}/README.md`), 'no README.md')
      assert.ok(rule.references.length > 0, 'no references')
      assert.ok(Object.hasOwn(headings, rule.heading))
    })

    for (const one of cases) {
      it(one.name, async () => {
        const input = await caseInput(one, files)
        const { findings } = assess(input, [rule])
        assert.deepEqual(
          findings.map(({ subject }) => subject).toSorted(),
          one.find.map(({ subject }) => subject).toSorted(),
          JSON.stringify(findings, null, 1),
        )
        for (const expected of one.find) {
          const found = findings.find(({ subject }) => subject === expected.subject)
          assert.ok(found)
          assert.ok(found.evidence.length > 0, 'no evidence')
          assert.ok(found.confidence > 0 && found.confidence <= 1)
          assert.ok(found.fix.advice.length > 0, 'no advice')
          if (expected.severity !== undefined) assert.equal(found.severity, expected.severity)
          if (expected.message !== undefined) assert.ok(found.message.includes(expected.message), found.message)
          if (expected.evidence !== undefined)
            assert.ok(found.evidence.join('\n').includes(expected.evidence), found.evidence.join('\n'))
          if (expected.patch !== undefined) assert.equal(found.fix.patch !== undefined, expected.patch, 'patch')
          if (found.fix.patch === undefined || one.config === undefined) continue
          // What it advises is a configuration, and there this rule is content.
          const config = await loadPatched(authoredConfig(one), found.fix.patch, files)
          const left = assess({ ...input, config }, [rule]).findings.map(({ subject }) => subject)
          assert.ok(!left.includes(expected.subject), `still found after its patch:\n${found.fix.patch}`)
        }
        shown.add(one.find.length > 0 ? 'finds' : 'sound')
        ran++
      })
    }

    after(() => {
      assert.equal(ran, cases.length, `${ran} of ${cases.length} cases ran to their end`)
      assert.deepEqual([...shown].sort(), ['finds', 'sound'], 'a case that finds, and a sound one')
      assert.equal(new Set(cases.map(one => one.name)).size, cases.length, 'two cases of one name')
    })
  })
}
