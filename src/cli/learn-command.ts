import { Command, InvalidArgumentError } from 'commander'

interface Common {
  readonly format: string
  readonly budget: number
  readonly json?: boolean
}

/** `portcullis learn …`, without the code behind it: that is imported when it is called. */
export function learnCommand(): Command {
  const command = new Command('learn').description(
    'learn what is normal from files, write it as a model, review and tune it',
  )
  const of = (name: string, description: string, options?: { isDefault: boolean; hidden?: boolean }): Command =>
    command
      .command(name, options)
      .description(description)
      .argument('<files...>', 'one set together, gzip or plain; - for standard input')
      .requiredOption('--format <name>', 'exchanges, events, sequences, vectors or spans (docs/scoring.md)')
      .option('--budget <share>', 'share of normal items that may be judged abnormal', share, 1e-3)

  of('files', 'every item counts as normal; this is what `learn` does without another word', { isDefault: true })
    .requiredOption('--to <model>', 'file of the model')
    .action(async (files: string[], flags: Common & { to: string }) => (await import('./learn.ts')).learn(files, flags))
  of('review', 'what would be learnt: support, how strange the items are, and the 20 strangest to be labelled')
    .option('--to <labels>', 'file that labels are added to: asked for on a terminal, else to be filled in')
    .option('--json', 'for programs')
    .action(async (files: string[], flags: Common & { to?: string }) =>
      (await import('./learn-review.ts')).review(files, flags),
    )
  of('tune', 'learn again with labels, and compare before and after on the latest items')
    .requiredOption('--to <model>', 'file of the model')
    .requiredOption('--labels <file>', 'what review wrote, or {"id", "abnormal"} lines')
    .option('--json', 'for programs')
    .action(async (files: string[], flags: Common & { to: string; labels: string }) =>
      (await import('./learn-tune.ts')).tune(files, flags),
    )
  return command
}

function share(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('must be a share between 0 and 1, such as 1e-3')
  return value
}
