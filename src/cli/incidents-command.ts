import { Command } from 'commander'
import type { ActionFlags, IncidentsFlags, WouldRefuseFlags } from './incidents.ts'

/** `portcullis incidents …`, without the code behind it: that is imported when it is called. */
export function incidentsCommand(): Command {
  const command = new Command('incidents').description(
    'show what detectors found, put together: who, from where, about what, why, and what was normal',
  )
  const of = (name: string, description: string, options?: { isDefault: boolean }): Command =>
    command
      .command(name, options)
      .description(description)
      .option('--state <folder>', 'stateDir of a gateway that runs or ran, instead of files')
      .option(
        '-c, --config <path>',
        'configuration: settings of detection, and the stateDir when nothing else is named (default: portcullis.yaml)',
      )
      .option('--json', 'for programs')
  const files = ['[files...]', 'events, records, exchanges or spans to learn from, in order, gzip or plain'] as const

  of('list', 'one line an incident, newest first', { isDefault: true })
    .argument(...files)
    .option('--all', 'closed ones too')
    .action(async (paths: string[], flags: IncidentsFlags) => (await import('./incidents.ts')).list(paths, flags))
  of('show', 'all that is known of one incident')
    .argument('<number>', 'of the list')
    .argument(...files)
    .action(async (number: string, paths: string[], flags: IncidentsFlags) =>
      (await import('./incidents.ts')).show(number, paths, flags),
    )
  of('would-refuse', 'whom policy `behaviour` with `action: block` would have turned away, before it is switched on')
    .argument(...files)
    .option('--severity <level>', 'as in the policy: the least that counts', 'high')
    .action(async (paths: string[], flags: WouldRefuseFlags) =>
      (await import('./incidents.ts')).wouldRefuse(paths, flags),
    )
  const act = (name: 'acknowledge' | 'close' | 'accept' | 'reopen', description: string): void => {
    of(name, description)
      .argument('<number>', 'of the list')
      .requiredOption('--reason <text>', 'why; it is kept')
      .option('--author <name>', 'who says so (default: the user of this machine)')
      .action(async (number: string, flags: ActionFlags) => (await import('./incidents.ts')).act(name, number, flags))
  }
  act('acknowledge', 'somebody looks at it')
  act('close', 'it is dealt with; what goes on is a new incident')
  act('accept', 'it is normal: what it is about, by the same callers, makes no incident any more, until it is reopened')
  act('reopen', 'it is not dealt with; what was accepted with it is not normal any more')
  return command
}
