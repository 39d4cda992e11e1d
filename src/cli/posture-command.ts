import { Command, Option } from 'commander'
import type { PostureFlags } from './posture.ts'

/** `portcullis posture …`, without the code behind it: that is imported when it is called. */
export function postureCommand(): Command {
  const many = (option: Option): Option =>
    option.argParser((value: string, before: readonly string[]) => [...before, value]).default([], 'none')
  return new Command('posture')
    .description('say what is weak in configuration, documents and traffic, how weak, and what to do')
    .argument('[files...]', 'events, records, exchanges, HAR or Envoy access logs, gzip or plain')
    .option('--state <folder>', 'stateDir of a gateway that runs or ran, instead of files')
    .option(
      '-c, --config <path>',
      'configuration, with what insight learnt under it when nothing else is named (default: portcullis.yaml)',
    )
    .addOption(many(new Option('--openapi <document>', 'OpenAPI document, also SERVICE=DOCUMENT; may be repeated')))
    .addOption(
      many(
        new Option(
          '--import <report>',
          "another scanner's report: SARIF, ZAP, 42Crunch, Schemathesis; may be repeated",
        ),
      ),
    )
    .option('--accept <file>', 'findings that are accepted: rule, subject, reason, until')
    .option('--service <name>', 'only what concerns this service')
    .addOption(
      new Option('--format <name>', 'of the report')
        .choices(['table', 'json', 'sarif', 'markdown', 'html'])
        .default('table'),
    )
    .option('--json', 'the same as --format json')
    .addOption(
      new Option('--fail-on <severity>', 'exit with 1 when a finding is as bad').choices([
        'critical',
        'high',
        'medium',
        'low',
        'info',
      ]),
    )
    .action(async (files: string[], flags: PostureFlags) => (await import('./posture.ts')).posture(files, flags))
}
