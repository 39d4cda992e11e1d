import { constants, existsSync, statSync } from 'node:fs'
import { access, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { systemClock } from '../gateway/system-clock.ts'
import { type Calibration, learnItems } from '../insight/behaviour/calibration.ts'
import { modelText } from '../insight/behaviour/model-file.ts'
import { familyOf, nothingReadWords, readFilesWithProgress } from './behaviour-files.ts'
import { skippedWords } from './did-not-read.ts'
import { counted, UserError } from './fail.ts'
import { grouped } from './progress.ts'
import { warn } from './say.ts'
import { table } from './table.ts'

export interface LearnFlags {
  readonly format: string
  readonly to: string
  readonly budget: number
}

/** `portcullis learn`: takes every item of the files as normal and writes the model of them. What was learnt is told on stderr. */
export async function learn(files: readonly string[], { format, to, budget }: LearnFlags): Promise<void> {
  const clock = systemClock()
  const begun = clock.monotonic()
  const family = familyOf(format)
  await assertWritable(to)
  const { items, skipped } = await readFilesWithProgress(files, family, clock)
  if (items.length === 0) throw new UserError(`nothing was learnt: ${nothingReadWords(family, skipped)}`)
  const learnt = learnItems(family, items, budget)
  await writeWhole(to, modelText(family, learnt))
  const seconds = (clock.monotonic() - begun) / 1000
  warn(
    `${grouped(learnt.items)} items learnt in ${seconds.toFixed(1)} s, written to ${to}${skippedWords(skipped)}\n${asideWords(learnt.setAside.length, items.length)}\n${words(learnt.calibration)}`,
  )
}

/** '' when nothing was. */
function asideWords(setAside: number, items: number): string {
  return setAside === 0
    ? ''
    : `${grouped(setAside)} of ${grouped(items)} items look like nothing else and were set aside: neither learnt nor part of any baseline (\`learn review\` shows them)\n`
}

function words({ budget, threshold, split, incomparable, tails }: Calibration): string {
  const rows = Object.entries(tails)
    .filter(([, { count }]) => count > 0)
    .map(([axis, { count }]) => [
      `  ${axis}`,
      `judged ${counted(count, 'time')}`,
      `${Math.round(100 * (split[axis] ?? 0))} % of the budget`,
    ])
  return [
    `abnormal above ${threshold.toFixed(2)}: about one normal item in ${grouped(Math.round(1 / budget))}`,
    ...(rows.length === 0 ? [] : [table(rows)]),
    ...(incomparable > budget
      ? [
          `${(100 * incomparable).toFixed(2)} % of the items are like no other: so many alarms must be expected until more is learnt`,
        ]
      : []),
  ].join('\n')
}

/** Throws a UserError when a file cannot be written there: better said now than after a minute of learning. */
export async function assertWritable(file: string): Promise<void> {
  const folder = path.dirname(file)
  if (!existsSync(folder)) throw new UserError(`cannot write ${file}: there is no folder ${folder}`)
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new UserError(`cannot write ${file}: it is a folder`)
  await access(folder, constants.W_OK).catch(() => {
    throw new UserError(`cannot write ${file}: nothing may be written into ${folder}`)
  })
}

/** All of it or nothing: a model half written would judge by half of what was learnt. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const beside = `${file}.${process.pid}.part`
  try {
    await writeFile(beside, text, { mode: 0o600 })
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    throw new UserError(`cannot write ${file}: ${(error as Error).message}`)
  }
}
