import { readFileSync } from 'node:fs'
import path from 'node:path'
import { templatesOfLines } from '../../src/insight/templates/template-list.ts'
import { testData } from '../../test/support/test-data.ts'
import type { QualityCase, QualityFigure } from '../quality-case.ts'
import { groupingAccuracy } from '../traffic/grouping-accuracy.ts'

const smallMust = 0.96

/** The lists of URLs that SkyAPM R3 publishes with the templates it finds in them. */
export const templatesOfUrlLists: readonly QualityCase[] = [
  {
    name: 'templates-r3-small',
    what: 'path templates of the small R3 list: grouping accuracy',
    must: `≥ ${smallMust}`,
    aim: '1.00',
    method: `\`Endpoint100_trivial.txt\`, 99 distinct lines as \`portcullis templates\` takes them. A line is right when the lines with its template are exactly
those of its true group: the listed template that it fits, else itself. R3's list leaves out templates that it holds too few lines for; where its list for the
repeated set, or the same path under another scheme, shows one (\`/user/{var}\`, \`https://www.google.com/api/v1/users/{var}\`) it counts. The note gives the
figure by the list alone.`,
    run: async () => {
      const folder = testData('r3-urls')
      return folder === null ? null : small(folder)
    },
  },
  {
    name: 'templates-r3-literal',
    what: 'R3 counter-examples: lines that must stay literal and do',
    must: '1.00',
    aim: '1.00',
    method: '`Endpoint100_counterexamples.txt`, 15 distinct lines; none may share its template with another.',
    run: async () => {
      const folder = testData('r3-urls')
      if (folder === null) return null
      const lines = distinctLines(path.join(folder, 'Endpoint100_counterexamples.txt'))
      const { right, of } = score(lines, [])
      return { value: right / of, of, holds: right === of, note: `${right} of ${of}` }
    },
  },
]

function small(folder: string): QualityFigure {
  const lines = distinctLines(path.join(folder, 'Endpoint100_trivial.txt'))
  const listed = patterns(path.join(folder, 'endpoint_trivial.expected.yaml'))
  const byList = score(lines, listed)
  const { right, of, missed } = score(lines, [...listed, '/user/{var}', 'https://www.google.com/api/v1/users/{var}'])
  const value = right / of
  const wrong = missed.length === 0 ? '' : `; missed: ${missed.map(({ truth }) => `\`${truth}\``).join(', ')}`
  return {
    value,
    of,
    holds: value >= smallMust,
    note: `${right} of ${of}; by the list alone ${byList.right} of ${byList.of}${wrong}`,
  }
}

function score(lines: readonly string[], templates: readonly string[]): ReturnType<typeof groupingAccuracy> {
  const fits = templates.map(template => ({
    template,
    pattern: new RegExp(`^${template.split('{var}').map(RegExp.escape).join('[^/]+')}$`),
  }))
  return groupingAccuracy(
    [...templatesOfLines(lines)].map(({ path: line, template }) => ({
      line,
      predicted: template,
      truth: fits.find(({ pattern }) => pattern.test(line))?.template ?? line,
    })),
  )
}

function distinctLines(file: string): string[] {
  return [...new Set(readFileSync(file, 'utf8').split('\n'))].filter(line => line !== '')
}

function patterns(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^\s*- (\S+)\s*$/gm)].map(match => match[1] as string)
}
