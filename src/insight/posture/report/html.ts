import type { Finding } from '../../../core/finding.ts'
import { severities, type Assessment } from '../assess.ts'
import { headingOf } from '../catalogue.ts'
import { headings, type Heading } from '../input.ts'
import { arithmetic } from './arithmetic.ts'
import { visible } from './visible.ts'

const SCORES_SHOWN = 200

/** The assessment as one HTML page without scripts, links or anything fetched. Every text is escaped; the policy in it forbids the rest. */
export function htmlReport({ findings, suppressed, scores, dropped }: Assessment): string {
  const sections = (Object.keys(headings) as Heading[]).flatMap(heading => {
    const own = findings.filter(({ rule }) => headingOf(rule) === heading)
    return own.length === 0
      ? []
      : [`<h2>${escape(headings[heading])} <small>${own.length}</small></h2>`, ...own.map(section)]
  })
  const counts = severities
    .map(one => `${findings.filter(({ severity }) => severity === one).length} ${one}`)
    .join(', ')
  const lowest = scores.operations.toSorted((a, b) => a.score - b.score).slice(0, SCORES_SHOWN)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Posture</title>
<style>${style}</style>
</head>
<body>
<h1>Posture</h1>
<p>${scores.overall === null ? 'No operation and no route is known.' : `Score <b>${scores.overall}</b> of 100 over ${scores.operations.length} operations; ${counts}.`}${dropped > 0 ? ` ${dropped} more findings are left out.` : ''}</p>
${table(
  ['service', 'score', 'operations', 'lowest'],
  scores.services.map(one => [one.name, one.score, one.operations, `${one.lowest.subject}: ${one.lowest.score}`]),
)}
${table(
  ['tenant', 'score', 'operations'],
  scores.tenants.map(one => [one.name, one.score, one.operations]),
)}
${sections.join('\n')}
${
  lowest.length === 0
    ? ''
    : `<h2>Scores</h2>${table(
        ['operation', 'arithmetic'],
        lowest.map(one => [one.subject, arithmetic(one)]),
      )}`
}
${
  suppressed.length === 0
    ? ''
    : `<h2>Accepted</h2>${table(
        ['finding', 'subject', 'reason', 'until'],
        suppressed.map(({ finding, reason, until }) => [
          finding.rule,
          finding.subject,
          reason,
          new Date(until).toISOString().slice(0, 10),
        ]),
      )}`
}
</body>
</html>
`
}

function section({ rule, severity, subject, message, evidence, confidence, fix, references }: Finding): string {
  return `<article class="${severity}">
<h3><span>${severity}</span> ${escape(message)}</h3>
<p><code>${escape(rule)}</code> on <code>${escape(subject)}</code>, confidence ${confidence}. ${escape(references.join(', '))}</p>
<ul>${evidence.map(line => `<li>${escape(line)}</li>`).join('')}</ul>
<p><b>What to do.</b> ${escape(fix.advice)}</p>
${fix.patch === undefined ? '' : `<pre>${escapeLines(fix.patch)}</pre>`}
</article>`
}

function table(head: readonly string[], rows: ReadonlyArray<ReadonlyArray<string | number>>): string {
  if (rows.length === 0) return ''
  const cells = (tag: string, row: ReadonlyArray<string | number>) =>
    `<tr>${row.map(cell => `<${tag}>${escape(String(cell))}</${tag}>`).join('')}</tr>`
  return `<table>${cells('th', head)}${rows.map(row => cells('td', row)).join('')}</table>`
}

function escape(text: string): string {
  return markup(visible(text, 2_000))
}

/** The same for a text of several lines. */
function escapeLines(text: string): string {
  return markup(
    text
      .split('\n')
      .map(line => visible(line, 2_000))
      .join('\n'),
  )
}

function markup(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; overflow-wrap: anywhere }
article { border-left: .3rem solid #888; padding: .1rem 1rem; margin: 1rem 0 }
article.critical, article.high { border-color: #c22 } article.medium { border-color: #d80 } article.low { border-color: #27c }
h3 span { text-transform: uppercase; font-size: .7em } code, pre { font: 13px ui-monospace, monospace; overflow-wrap: anywhere }
pre { background: #8882; padding: .8rem; overflow-x: auto }
`
