import { setTimeout } from 'node:timers/promises'
import type { IncidentReport } from '../src/response/incidents/report.ts'
import type { Ask } from './learnt.ts'

const everyMs = 3_000

/** Prints each incident of the running gateway when it begins, until `signal` aborts. */
export async function tellIncidents(ask: Ask, signal: AbortSignal): Promise<void> {
  const told = new Set<number>()
  while (!signal.aborted) {
    await setTimeout(everyMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    const answer = (await ask('/incidents')) as {
      readonly incidents: readonly IncidentReport[]
    } | null
    for (const report of answer?.incidents ?? []) {
      if (told.has(report.number)) continue
      told.add(report.number)
      process.stdout.write(`\n${incidentLines(report).join('\n')}\n\n`)
    }
  }
}

/** An incident in a paragraph, broken into lines. */
export function incidentLines({ number, severity, summary, references }: IncidentReport): string[] {
  return [
    `INCIDENT ${number} (${severity}): ${summary.split(/(?<=[.:]) /)[0]}`,
    ...wrapped(summary.slice((summary.split(/(?<=[.:]) /)[0] ?? '').length + 1), 110).map(line => `  ${line}`),
    `  ${references.join(', ')}`,
  ]
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? lines : [...lines, line]
}
