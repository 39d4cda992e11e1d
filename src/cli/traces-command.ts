import { Command, InvalidArgumentError } from 'commander'
import type { TracesFlags } from './traces.ts'

/** `portcullis traces …`, without the code behind it: that is imported when it is called. */
export function tracesCommand(): Command {
  const command = new Command('traces').description('show which calls belong to which request, across services')
  const of = (name: string, description: string): Command =>
    command
      .command(name)
      .description(description)
      .option('--state <folder>', 'stateDir of a gateway that runs or ran, instead of files')
      .option(
        '-c, --config <path>',
        'configuration whose stateDir is meant when nothing is named (default: portcullis.yaml)',
      )
      .option('--json', 'for programs')
  const files = ['[files...]', 'spans (OTLP, NDJSON, CSV) or event logs, gzip or plain'] as const

  of('list', 'one line a request, in the order of time')
    .argument(...files)
    .option('--limit <n>', 'lines to show', positive, 50)
    .action(async (paths: string[], flags: TracesFlags) => (await import('./traces.ts')).listTraces(paths, flags))
  of('show', 'the tree of one trace, with its critical path')
    .argument('<id>', 'trace id, or how it begins')
    .argument(...files)
    .action(async (id: string, paths: string[], flags: TracesFlags) =>
      (await import('./traces.ts')).showTrace(id, paths, flags),
    )
  of('map', 'which service calls which, how often, how well, how fast')
    .argument(...files)
    .action(async (paths: string[], flags: TracesFlags) => (await import('./traces.ts')).mapServices(paths, flags))
  of('coverage', 'pairs of services that talk, and whether their calls are traced')
    .argument(...files)
    .action(async (paths: string[], flags: TracesFlags) => (await import('./traces.ts')).showCoverage(paths, flags))
  return command
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1')
  return value
}
