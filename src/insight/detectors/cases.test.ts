import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import { type DetectorCaseFile, runCase } from '../../../test/support/detector-cases.ts'
import { detectors } from './index.ts'

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name)

it('every detector folder is in the list, and the list has a folder for each', () => {
  assert.deepEqual(
    detectors.map(({ name }) => name),
    folders.toSorted(),
  )
})

for (const detector of detectors) {
  describe(detector.name, () => {
    const place = `${import.meta.dirname}/${detector.name}`
    const { cases } = JSON.parse(readFileSync(`${place}/cases.json`, 'utf8')) as DetectorCaseFile
    const shown = new Set<string>()
    let ran = 0

    it('has a README, references for every finding, and defaults that its schema gives', async () => {
      assert.ok(existsSync(`${place}/README.md`), 'no README.md')
      for (const [code, { references }] of Object.entries(detector.findings))
        assert.ok(references.length > 0 && /^[a-z][a-z-]*$/.test(code), code)
      const schema = await detector.schema()
      assert.deepEqual(schema.parse({}), detector.defaults)
    })

    for (const one of cases) {
      it(one.name, async () => {
        const found = await runCase(detector, one)
        const seen = JSON.stringify(found, null, 1)
        assert.deepEqual(found.map(({ code }) => code).toSorted(), one.find.map(({ code }) => code).toSorted(), seen)
        for (const expected of one.find) {
          const like = found.find(
            ({ code, actor }) => code === expected.code && (expected.actor === undefined || expected.actor === actor),
          )
          assert.ok(like, seen)
          for (const name of ['operations', 'principals'] as const)
            for (const wanted of expected[name] ?? [])
              assert.ok(like[name].includes(wanted), `${name}: ${wanted}\n${seen}`)
          for (const name of expected.spared ?? [])
            assert.ok(!like.principals.includes(name), `${name} is blamed\n${seen}`)
          for (const wanted of expected.addresses ?? [])
            assert.ok(
              like.addresses.some(({ address }) => address === wanted),
              `${wanted}\n${seen}`,
            )
          if (expected.explanation !== undefined) assert.ok(like.explanation.includes(expected.explanation), seen)
          assert.ok(like.evidence.length > 0 && like.normal !== '' && like.explanation.endsWith('.'), seen)
          assert.ok(Number.isFinite(like.deviation) && like.deviation > like.threshold, seen)
          shown.add(like.code)
        }
        if (one.find.length === 0) shown.add('sound')
        ran++
      })
    }

    after(() => {
      assert.equal(ran, cases.length, `${ran} of ${cases.length} cases ran to their end`)
      for (const wanted of [...Object.keys(detector.findings), 'sound'])
        assert.ok(shown.has(wanted), `no case shows ${wanted}`)
      assert.equal(new Set(cases.map(one => one.name)).size, cases.length, 'two cases of one name')
    })
  })
}
