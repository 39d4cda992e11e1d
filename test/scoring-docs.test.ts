import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { families } from '../src/insight/behaviour/families/index.ts'
import { portcullis } from './support/command.ts'

// docs/scoring.md is what the commands do: the example of every format is learnt and judged, and the members of a judged item are those that it lists.

const page = readFileSync(path.resolve(import.meta.dirname, '../docs/scoring.md'), 'utf8')
const examples = new Map(
  [...page.matchAll(/^### `([\w-]+)`\n(?:(?!^### )[^])*?^```json\n([^]*?)^```$/gm)].map(
    ([, format = '', text = '']) => [format, text] as const,
  ),
)
const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-scoring-'))
after(() => rmSync(folder, { recursive: true }))

describe('docs/scoring.md', () => {
  it('has an example of every format', () => {
    assert.deepEqual([...examples.keys()].toSorted(), families.map(({ format }) => format).toSorted())
  })

  it('names the axes of every format, and no others', () => {
    const named = (format: string): string[] => {
      const [, section = ''] = new RegExp(`^### \`${format}\`\n((?:(?!##).*\n)*)`, 'm').exec(page) ?? []
      const [, words = ''] = /^\*\*Axes\.\*\* ([^]*?)\n\n/m.exec(section) ?? []
      return [...words.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name).toSorted()
    }
    for (const { format, axes } of families) assert.deepEqual(named(format), axes.map(({ name }) => name).toSorted())
  })

  for (const { format } of families)
    it(`the example of ${format} is learnt and judged, every line of it`, async () => {
      writeFileSync(path.join(folder, format), examples.get(format) ?? '')
      const learnt = await portcullis(folder, ['learn', '--format', format, '--to', `${format}.model`, format])
      assert.equal(learnt.code, 0, learnt.stderr)
      assert.doesNotMatch(learnt.stderr, /did not read/)
      const scored = await portcullis(folder, ['score', '--format', format, '--model', `${format}.model`, format])
      assert.equal(scored.code, 0, scored.stderr)
      const lines = scored.stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as Record<string, unknown>)
      const items = JSON.parse(scored.stderr.trimEnd().split('\n').at(-1) ?? '') as { items: number; skipped: number }
      assert.equal(items.skipped, 0, scored.stderr)
      assert.equal(lines.length, items.items)
      // A trace's two spans are one item.
      assert.equal(lines.length, format === 'spans' ? 1 : 2)
      const members = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
      for (const line of lines) {
        assert.deepEqual(Object.keys(line), members)
        assert.equal(line['abnormal'], (line['score'] as number) > (line['threshold'] as number))
      }
    })
})
