import { systemClock } from '../gateway/system-clock.ts'
import { writtenId } from '../insight/behaviour/item-id.ts'
import { modelText } from '../insight/behaviour/model-file.ts'
import { type HeldOut, tuneItems } from '../insight/behaviour/tune.ts'
import { familyOf, nothingReadWords, readFilesWithProgress, readLabelFile } from './behaviour-files.ts'
import { skippedWords } from './did-not-read.ts'
import { counted, UserError } from './fail.ts'
import { assertWritable, writeWhole } from './learn.ts'
import { grouped } from './progress.ts'
import { say, sayJson, warn } from './say.ts'
import { table } from './table.ts'

export interface TuneFlags {
  readonly format: string
  readonly to: string
  readonly labels: string
  readonly budget: number
  readonly json?: boolean
}

/** `portcullis learn tune`: learns again with a reviewer's labels, and says before and after on the latest items, which neither had seen. */
export async function tune(files: readonly string[], { format, to, labels, budget, json }: TuneFlags): Promise<void> {
  const family = familyOf(format)
  await assertWritable(to)
  const said = await readLabelFile(labels)
  const { items, skipped } = await readFilesWithProgress(files, family, systemClock())
  if (items.length === 0) throw new UserError(`nothing was learnt: ${nothingReadWords(family, skipped)}`)
  if (items.length < 10)
    throw new UserError(
      `${counted(items.length, 'item')} of the format ${format} are too few to hold some back, ten are the least${skippedWords(skipped)}`,
    )
  const known = new Set(items.map(item => String(family.id(item))))
  const lost = [...said.keys()].filter(id => !known.has(id))
  if (lost.length > 0)
    warn(`portcullis: ${counted(lost.length, 'label')} of items that are not here, such as ${lost[0]}`)
  const { learnt, before, after, budgetFactor, window, leftOut } = tuneItems(family, items, { labels: said, budget })
  await writeWhole(to, modelText(family, learnt))
  if (json === true) {
    sayJson({ before, after, budgetFactor, window, leftOut: leftOut.map(writtenId) })
    return
  }
  say(
    [
      table([
        ['', 'threshold', 'false alarms', 'of normal items', 'attacks found'],
        row('before', before),
        row('after', after),
      ]),
      '',
      ...(leftOut.length === 0
        ? []
        : [
            `${counted(leftOut.length, 'item')} that nobody labelled ${leftOut.length === 1 ? 'is' : 'are'} as strange as what was labelled abnormal, and not learnt: ${leftOut.slice(0, 5).join(', ')}${leftOut.length > 5 ? ' …' : ''}`,
          ]),
      `learnt: ${window === 1 ? 'all items' : `the latest ${Math.round(window * 100)} %`}, budget ${Number((budget * budgetFactor).toPrecision(3))}${budgetFactor === 1 ? '' : ` (asked for: ${budget})`}; written to ${to}`,
    ].join('\n'),
  )
  const bad = skippedWords(skipped)
  if (bad !== '') warn(`portcullis: ${bad.slice(2)}`)
}

function row(name: string, { threshold, normal, alarms, abnormal, found }: HeldOut): readonly string[] {
  return [
    name,
    threshold.toFixed(2),
    grouped(alarms),
    grouped(normal),
    abnormal === 0 ? 'none labelled' : `${found} of ${abnormal}`,
  ]
}
