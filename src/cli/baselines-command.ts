import { Command } from 'commander'
import type { BaselinesFlags, ChangeFlags } from './baselines.ts'

/** `portcullis baselines …`, without the code behind it: that is imported when it is called. */
export function baselinesCommand(): Command {
  const command = new Command('baselines').description(
    'show and change what is normal: thresholds, the budget of false alarms, scenarios, new shapes',
  )
  const of = (name: string, description: string, options?: { isDefault: boolean }): Command =>
    command
      .command(name, options)
      .description(description)
      .option('--state <folder>', 'stateDir of a gateway that runs or ran, or what replay --state wrote')
      .option(
        '-c, --config <path>',
        'configuration of the gateway: beside a running one a change goes through its control API (default: portcullis.yaml)',
      )
      .option('--json', 'for programs')
  const changing = (name: string, description: string): Command =>
    of(name, description)
      .requiredOption('--reason <text>', 'why; it is kept')
      .option('--author <name>', 'who says so (default: the user of this machine)')
  const key = ['<key>', 'of the list, DETECTOR/METRIC/SCOPE'] as const
  const threshold = ['<threshold>', 'what is beyond it is abnormal; in the unit of the metric'] as const

  of('list', 'what is normal and allowed of each metric, who says so, the split of the budget', { isDefault: true })
    .argument('[files...]', 'events, records, exchanges or spans to learn from, in order, gzip or plain')
    .action(async (files: string[], flags: BaselinesFlags) => (await import('./baselines.ts')).list(files, flags))
  of('try', 'what a threshold would have done to the values judged lately; changes nothing')
    .argument(...key)
    .argument(...threshold)
    .action(async (wanted: string, limit: string, flags: BaselinesFlags) =>
      (await import('./baselines.ts')).tryOut(wanted, limit, flags),
    )
  changing('set', 'a threshold by hand: it holds until it is released')
    .argument(...key)
    .argument(...threshold)
    .action(async (wanted: string, limit: string, flags: ChangeFlags) =>
      (await import('./baselines.ts')).set(wanted, limit, flags),
    )
  changing('release', 'back to what is written in the configuration, or learnt')
    .argument(...key)
    .action(async (wanted: string, flags: ChangeFlags) => (await import('./baselines.ts')).release(wanted, flags))
  changing('accept', 'what was learnt up to now is normal: the frozen reference moves there')
    .argument(...key)
    .action(async (wanted: string, flags: ChangeFlags) => (await import('./baselines.ts')).accept(wanted, flags))
  changing('rollback', 'take a version back: what stood before it stands again')
    .argument('<version>', 'number of the list')
    .action(async (version: string, flags: ChangeFlags) => (await import('./baselines.ts')).rollback(version, flags))
  changing('begin', 'begin a scenario of the configuration')
    .argument('<scenario>', 'its name there')
    .requiredOption('--for <time>', '90m, 6h, 2d; at most 31 days')
    .action(async (scenario: string, flags: ChangeFlags & { for: string }) =>
      (await import('./baselines.ts')).begin(scenario, flags),
    )
  changing('admit', 'a new shape is normal, whoever shows it')
    .argument('<shape>', 'of those that wait')
    .action(async (shape: string, flags: ChangeFlags) => (await import('./baselines.ts')).admit(shape, flags))
  return command
}
