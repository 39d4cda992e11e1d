import { once } from 'node:events'
import { systemClock } from '../gateway/system-clock.ts'
import { labelFigures, type LabelledScore } from '../insight/behaviour/labels.ts'
import type { Family } from '../insight/behaviour/model.ts'
import { type KeptModel, readModelText } from '../insight/behaviour/model-file.ts'
import { textWithId } from '../insight/behaviour/item-id.ts'
import { scoreLine } from '../insight/behaviour/score-line.ts'
import { familyOf, nothingReadWords, readFilesWithProgress, readLabelFile, readText } from './behaviour-files.ts'
import { skippedLines, skippedWords } from './did-not-read.ts'
import { UserError } from './fail.ts'
import { withoutUnseen } from '../lib/unseen.ts'
import { warn } from './say.ts'

export interface ScoreFlags {
  readonly model: string
  readonly format: string
  readonly labels?: string
}

/**
 * `portcullis score`: one JSON line for each item, in the order of the files. What did not read is told on stderr, and then, as its last line, counts and
 * figures as JSON.
 */
export async function score(files: readonly string[], flags: ScoreFlags): Promise<void> {
  const family = familyOf(flags.format)
  const { model, calibration } = await readModel(flags.model, family)
  const labels = flags.labels === undefined ? null : await readLabelFile(flags.labels)
  const { items, skipped } = await readFilesWithProgress(files, family, systemClock())
  // Whoever reads may have seen enough (`| head`): nothing went wrong, and there is nothing more to do.
  process.stdout.once('error', error => {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0)
    throw error
  })
  const labelled: LabelledScore[] = []
  let abnormal = 0
  let written = ''
  for (const item of items) {
    const line = scoreLine(family.id(item), model.judge(item), calibration)
    if (line.abnormal) abnormal++
    const truth = labels?.get(String(line.id))
    if (truth === 'normal' || truth === 'abnormal')
      labelled.push({ score: line.score, judgedAbnormal: line.abnormal, abnormal: truth === 'abnormal' })
    // Ids and names are strangers'; as JSON it means the same.
    written += `${withoutUnseen(textWithId(line))}\n`
    if (written.length > 65_536) {
      if (!process.stdout.write(written)) await once(process.stdout, 'drain')
      written = ''
    }
  }
  process.stdout.write(written)
  const words = items.length === 0 ? `; ${nothingReadWords(family, skipped)}` : skippedWords(skipped)
  if (words !== '') warn(`portcullis: ${words.slice(2)}`)
  if (labels !== null && labels.size > 0 && labelled.length === 0 && items.length > 0)
    warn('portcullis: no label names an item that was read: ids must be the same in both')
  warn(
    JSON.stringify({
      items: items.length,
      skipped: skippedLines(skipped),
      abnormal,
      ...(labels === null ? {} : labelFigures(labelled)),
    }),
  )
}

async function readModel(file: string, family: Family<unknown>): Promise<KeptModel<unknown>> {
  const made = `\`portcullis learn --format ${family.format}\` writes one`
  const text = await readText(file, made)
  try {
    return readModelText(text, family)
  } catch (error) {
    throw new UserError(`${file} is no model that can be used: ${(error as Error).message}; ${made}`)
  }
}
