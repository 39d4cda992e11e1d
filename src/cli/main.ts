import { Command, Option } from 'commander'
import { baselinesCommand } from './baselines-command.ts'
import { fail } from './fail.ts'
import { incidentsCommand } from './incidents-command.ts'
import { inventoryCommand } from './inventory-command.ts'
import { learnCommand } from './learn-command.ts'
import { postureCommand } from './posture-command.ts'
import { productVersion } from './product.ts'
import type { ReplayFlags } from './replay.ts'
import { surfaceCommand } from './surface-command.ts'
import { tracesCommand } from './traces-command.ts'

/** The command line. Each command is imported when it is called, so that starting one does not load the others. */
const program = new Command('portcullis')
  .description('A zero-trust API security gateway.')
  .version(productVersion)
  .showSuggestionAfterError()
  .showHelpAfterError('(portcullis --help lists the commands)')
  // What stands behind the name of a command is its own: `posture --config` is not `posture probe --config`.
  .enablePositionalOptions()

const configOption = [
  '-c, --config <path>',
  'configuration file, or folder of *.yaml files',
  'portcullis.yaml',
] as const

program
  .command('run')
  .description('run the gateway')
  .option(...configOption)
  .addOption(
    new Option('--log <format>', "form of the operator's log on stderr").choices(['text', 'json']).default('text'),
  )
  .action(async (options: { config: string; log: 'text' | 'json' }) => (await import('./run.ts')).run(options))

program
  .command('demo')
  .description('run the gateway with a sample API, an identity provider and traffic')
  .action(async () => (await import('./demo.ts')).demo())

program
  .command('check')
  .description('say everything that is wrong with a configuration, or what it does; needs no network')
  .option(...configOption)
  .option('--json', 'for programs')
  .action(async (options: { config: string; json?: boolean }) => (await import('./check.ts')).check(options))

program
  .command('explain')
  .description('say which route a request takes, which policies it meets, what it would get, and why')
  .argument('<method>', 'GET, POST, …')
  .argument('<url>', 'URL or path')
  .option(...configOption)
  .addOption(
    new Option('-H, --header <line>', "a header, 'Name: value'; may be repeated")
      .argParser(collect)
      .default([], 'none'),
  )
  .option(
    '--as <principal>',
    'the caller, already proven: a subject, or JSON such as {"subject":"x","scopes":["read"]}',
  )
  .option('--from <address>', 'address of the caller', '127.0.0.1')
  .option('--body <text>', 'request body, or @FILE')
  .option('--json', 'for programs')
  .action(async (method: string, url: string, options: ExplainFlags) =>
    (await import('./explain.ts')).explain(method, url, options),
  )

program
  .command('schema')
  .description('print the JSON Schema of the configuration, for editors')
  .action(async () => (await import('./schema.ts')).schema())

program.addCommand(tracesCommand())
program.addCommand(inventoryCommand())
program.addCommand(postureCommand())
program.addCommand(surfaceCommand())
program.addCommand(incidentsCommand())
program.addCommand(baselinesCommand())

program
  .command('replay')
  .description('learn from files as from live traffic, and say what was read')
  .argument(
    '<files...>',
    'events, records, exchanges, HAR, Envoy access logs or spans, gzip or plain; - for standard input',
  )
  .option('--state <folder>', 'keep what is learnt there; made when absent')
  .option('--format <name>', 'of all files; by default told by their content')
  .option(
    '-c, --config <path>',
    'configuration whose fields, documents and owners hold; by default the usual, and none',
  )
  .option('--no-detection', 'inventory, owners and traces alone, several times as fast: nothing is judged')
  .option('--json', 'for programs')
  .action(async (files: string[], options: ReplayFlags) => (await import('./replay.ts')).replay(files, options))

program
  .command('templates')
  .description('print the path template of each URL of a list, one JSON line each, in order')
  .argument('<file>', 'one URL or path a line; - reads stdin')
  .action(async (file: string) => (await import('./templates.ts')).templates(file))

program.addCommand(learnCommand())

program
  .command('score')
  .description('judge the items of files by a model: one JSON line each, with an explanation')
  .argument('<files...>', 'gzip or plain; - for standard input')
  .requiredOption('--model <model>', 'what learn wrote')
  .requiredOption('--format <name>', 'the format that it was learnt from')
  .option('--labels <file>', 'truth, one {"id", "abnormal"} a line: says how right the model is')
  .action(async (files: string[], options: { model: string; format: string; labels?: string }) =>
    (await import('./score.ts')).score(files, options),
  )

interface ExplainFlags {
  readonly config: string
  readonly header: readonly string[]
  readonly as?: string
  readonly from: string
  readonly body?: string
  readonly json?: boolean
}

function collect(line: string, lines: readonly string[]): readonly string[] {
  return [...lines, line]
}

try {
  await program.parseAsync()
} catch (error) {
  await fail(error)
}
