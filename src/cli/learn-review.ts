import { appendFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { systemClock } from '../gateway/system-clock.ts'
import { type ItemId, textWithId, writtenId } from '../insight/behaviour/item-id.ts'
import { type Review, reviewItems } from '../insight/behaviour/review.ts'
import type { ScoreLine } from '../insight/behaviour/score-line.ts'
import { familyOf, nothingReadWords, readFilesWithProgress } from './behaviour-files.ts'
import { skippedWords } from './did-not-read.ts'
import { UserError } from './fail.ts'
import { grouped } from './progress.ts'
import { say, sayJson, warn } from './say.ts'
import { table } from './table.ts'

export interface ReviewFlags {
  readonly format: string
  readonly budget: number
  readonly to?: string
  readonly json?: boolean
}

const barMost = 40

/**
 * `portcullis learn review`: what would be learnt, and the 20 strangest items. With `--to` on a terminal each is asked for and the answer added to that file;
 * elsewhere the file gets a line for each, to be filled in.
 */
export async function review(files: readonly string[], { format, budget, to, json }: ReviewFlags): Promise<void> {
  const family = familyOf(format)
  const { items, skipped } = await readFilesWithProgress(files, family, systemClock())
  if (items.length === 0) throw new UserError(nothingReadWords(family, skipped))
  const found = reviewItems(family, items, budget)
  if (json === true)
    sayJson({ ...found, strangest: found.strangest.map(line => ({ ...line, id: writtenId(line.id) })) })
  else say(words(found))
  const bad = skippedWords(skipped)
  if (bad !== '') warn(`portcullis: ${bad.slice(2)}`)
  if (to === undefined) return
  if (process.stdin.isTTY && process.stdout.isTTY) await ask(found.strangest, to)
  else
    await append(
      to,
      found.strangest.map(({ id, score, explanation }) => ({ id, label: null, score, explanation })),
    )
}

async function ask(strangest: readonly ScoreLine[], to: string): Promise<void> {
  const answers = { n: 'normal', a: 'abnormal', i: 'ignore' } as const
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    for (const { id, score, explanation } of strangest) {
      say(`\n${id}  ${score.toFixed(2)}\n  ${explanation}`)
      const answer = (await terminal.question('normal, abnormal, ignore, later or quit? [n/a/i/l/q] '))
        .trim()
        .toLowerCase()
      if (answer.startsWith('q')) return
      const label = answers[answer.slice(0, 1) as keyof typeof answers]
      // At once, so that an answer that was given is not lost with the terminal.
      if (label !== undefined) await append(to, [{ id, label, score, explanation }])
    }
  } finally {
    terminal.close()
  }
}

async function append(
  file: string,
  lines: ReadonlyArray<Readonly<Record<string, unknown>> & { readonly id: ItemId }>,
): Promise<void> {
  try {
    await appendFile(file, lines.map(line => `${textWithId(line)}\n`).join(''), { mode: 0o600 })
  } catch (error) {
    throw new UserError(`cannot write ${file}: ${(error as Error).message}`)
  }
}

function words({ items, setAside, threshold, support, others, histogram, strangest }: Review): string {
  const most = Math.max(1, ...histogram.map(bin => bin.items))
  // A logarithm, since what matters is few.
  const bar = (count: number): string => '█'.repeat(Math.ceil((barMost * Math.log1p(count)) / Math.log1p(most)))
  const bins = histogram.map(({ from, items: count }) => [
    `  ${from.toFixed(2)}`,
    grouped(count),
    `${bar(count)}${from >= threshold - 1e-9 && count > 0 ? '  above the threshold' : ''}`,
  ])
  return [
    setAside === 0
      ? `${grouped(items)} items`
      : `${grouped(items)} items, of which ${grouped(setAside)} look like nothing else: \`learn\` sets them aside`,
    '',
    'what they are like',
    table(support.map(({ signature, items: count }) => [`  ${grouped(count)}`, signature])),
    ...(others > 0 ? [`  and ${grouped(others)} more`] : []),
    '',
    `how strange each is to a model of the others (abnormal above ${threshold.toFixed(2)})`,
    table(bins),
    '',
    `the ${strangest.length} strangest`,
    table(strangest.map(({ id, score, explanation }) => [`  ${score.toFixed(2)}`, String(id), explanation])),
  ].join('\n')
}
