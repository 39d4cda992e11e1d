import assert from 'node:assert/strict'
import { it } from 'node:test'
import { operation } from '../../../../test/support/operation.ts'
import { assess } from '../assess.ts'
import { htmlReport } from './html.ts'
import { markdownReport } from './markdown.ts'
import { sarifReport } from './sarif.ts'
import { visible } from './visible.ts'

/** Names as a hostile caller would have an operation called. */
const names = [
  '/<script>alert(1)</script>',
  '/"><img src=x onerror=alert(1)>',
  "/'-alert(1)-'",
  '/`|`</td><td>``` ](javascript:alert(1))',
  '/\u001b]8;;https://evil.invalid\u0007x\u001b[2J',
  '/\u202egnp.exe\u2028\ud800',
  '/[x](https://evil.invalid)![y](https://evil.invalid/p.png) @everyone <b>',
  `/${'a'.repeat(100_000)}`,
]

const assessment = assess({
  config: null,
  operations: names.map(template =>
    operation({
      method: 'GET',
      template,
      service: 'sh<i>op|`',
      marks: { 'stack-trace': 9 },
      responseFields: { server: { 'x<script>/1.2.3\n\n# heading': 5 } },
    }),
  ),
  documents: [],
  imported: [
    {
      tool: '<b>t</b>',
      rule: '../x y',
      severity: 'high',
      message: '<script>\n# x',
      method: null,
      path: null,
      references: [],
    },
  ],
  suppressions: [{ rule: 'software-versions', subject: `sh<i>op|\` GET ${names[0]}`, reason: '<script>|', until: 1 }],
  now: 0,
})

it('the page holds no markup but its own', () => {
  const page = htmlReport(assessment)
  const allowed = new Set(
    'html head meta title style body h1 h2 h3 small p b table tr th td article span code ul li pre !doctype'.split(' '),
  )
  for (const [, tag = '', attributes = ''] of page.matchAll(/<\/?([^\s>]*)([^>]*)>/g)) {
    assert.ok(allowed.has(tag), `<${tag}${attributes}>`)
    assert.doesNotMatch(attributes, /\bon\w+=|src=|href=/)
  }
  assert.match(page, /Content-Security-Policy/)
  assert.doesNotMatch(page, /[\u0000-\u0009\u000b-\u001f\u202e\u2028]/)
  assert.ok(page.includes('&lt;script&gt;alert(1)'))
})

it('the Markdown holds no HTML, link, image, mention or heading that a name wrote', () => {
  const text = markdownReport(assessment)
  const outsideCode = text.replace(/(`+) [\s\S]*? \1/g, '')
  assert.doesNotMatch(outsideCode, /(?<!\\)<|(?<!\\)!?\[[^\]]*\]\(|@everyone/)
  assert.deepEqual([...new Set(text.match(/^#+ .*/gm)?.map(line => line.replace(/^(#+) .*/, '$1')))].sort(), [
    '#',
    '##',
    '###',
  ])
  assert.equal(text.match(/^# /gm)?.length, 1)
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u202e\u2028]/)
  for (const row of text.split('\n').filter(line => line.startsWith('| `'))) {
    const cells = row.replace(/\\\|/g, '').split('|').length - 2
    assert.ok([2, 3, 4].includes(cells), row.slice(0, 200))
  }
})

it('texts are cut, and what cannot be seen is written out', () => {
  assert.equal(visible('a\u001b[2Jb\u202e\ud800'), 'a\\u001b[2Jb\\u202e\\ud800')
  assert.equal(visible('é😀ü'), 'é😀ü')
  assert.equal(visible('x'.repeat(9_999), 10).length, 11)
})

it('the log is SARIF 2.1.0: what the standard requires is there, in its types and words (§3.13–3.52)', () => {
  const log = sarifReport(assessment, { version: '0.1.0' })
  assert.deepEqual(Object.keys(log), ['$schema', 'version', 'runs'])
  assert.equal(log['version'], '2.1.0')
  const [run] = log['runs'] as [Run]
  assert.deepEqual(Object.keys(run).sort(), ['columnKind', 'results', 'tool'])
  const { driver } = run.tool
  assert.equal(driver.name, 'Portcullis')
  assert.equal(new Set(driver.rules.map(({ id }) => id)).size, driver.rules.length)
  for (const rule of driver.rules) {
    assert.ok(rule.id.length > 0 && rule.shortDescription.text.length > 0)
    if (rule.properties !== undefined) {
      assert.ok(
        rule.properties.tags.every((tag, i, all) => typeof tag === 'string' && all.indexOf(tag) === i),
        rule.id,
      )
      assert.match(rule.properties['security-severity'], /^\d+\.\d$/)
    }
  }
  assert.equal(run.results.length, assessment.findings.length + assessment.suppressed.length)
  assert.ok(run.results.length > names.length)
  for (const one of run.results) {
    assert.equal(driver.rules[one.ruleIndex]?.id, one.ruleId)
    assert.ok(['none', 'note', 'warning', 'error'].includes(one.level))
    assert.ok(one.rank >= 0 && one.rank <= 100)
    assert.ok(one.message.text.length > 0)
    assert.ok(one.locations.every(({ logicalLocations: [place] }) => (place?.fullyQualifiedName.length ?? 0) > 0))
    assert.match(one.partialFingerprints['ruleAndSubject/v1'] ?? '', /^[0-9a-f]{64}$/)
    for (const suppression of one.suppressions ?? [])
      assert.deepEqual([suppression.kind, suppression.status], ['external', 'accepted'])
  }
  assert.equal(
    run.results.filter(({ suppressions }) => suppressions !== undefined).length,
    assessment.suppressed.length,
  )
  assert.equal(new Set(run.results.map(one => one.partialFingerprints['ruleAndSubject/v1'])).size, run.results.length)
})

interface Run {
  readonly tool: {
    readonly driver: {
      readonly name: string
      readonly rules: ReadonlyArray<{
        readonly id: string
        readonly shortDescription: { readonly text: string }
        readonly properties?: { readonly tags: readonly string[]; readonly 'security-severity': string }
      }>
    }
  }
  readonly results: ReadonlyArray<{
    readonly ruleId: string
    readonly ruleIndex: number
    readonly level: string
    readonly rank: number
    readonly message: { readonly text: string }
    readonly locations: ReadonlyArray<{
      readonly logicalLocations: ReadonlyArray<{ readonly fullyQualifiedName: string }>
    }>
    readonly partialFingerprints: Readonly<Record<string, string>>
    readonly suppressions?: ReadonlyArray<{ readonly kind: string; readonly status: string }>
  }>
}
