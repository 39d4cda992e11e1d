import { Command, InvalidArgumentError, Option } from 'commander'
import type { ProbeFlags } from './posture-probe.ts'
import type { PostureFlags } from './posture.ts'

/** `portcullis posture …`, without the code behind it: that is imported when it is called. */
export function postureCommand(): Command {
  const many = (option: Option): Option =>
    option.argParser((value: string, before: readonly string[]) => [...before, value]).default([], 'none')
  const command = new Command('posture')
    // Else options of `probe` would be taken for ours.
    .enablePositionalOptions()
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
  command
    .command('probe')
    .description(
      `ask the servers of the configuration, slowly and reading only, and say what their answers show:
  operations answered without a credential, objects of one caller given to another, methods that nobody
  knows of, TLS versions, ciphers and certificates. No redirect is followed and no other server is asked.`,
    )
    .option('-c, --config <path>', 'configuration with the servers (default: portcullis.yaml)')
    .option('--state <folder>', 'stateDir of a gateway that knows the operations; by default that of the configuration')
    .addOption(
      many(
        new Option(
          '--openapi <document>',
          'OpenAPI document with the operations, also SERVICE=DOCUMENT; may be repeated',
        ),
      ),
    )
    .addOption(
      many(
        new Option(
          '--target <name>',
          'a service, a target of one, or listener:NAME; may be repeated; by default all services',
        ),
      ),
    )
    .addOption(
      many(
        new Option(
          '--identity <caller>',
          "a test caller, NAME='FIELD: env:VARIABLE'; of two, objects of the first are asked for as the second",
        ),
      ),
    )
    .addOption(
      many(
        new Option('--value <value>', 'NAME=VALUE of a path variable, an object of the first caller; may be repeated'),
      ),
    )
    .option('--rate <n>', 'requests a second', bounded(0.1, 50), 5)
    .option('--max <n>', 'requests in all', bounded(1, 10_000), 500)
    .option('--write', 'methods that may change something too, without credentials and bodies')
    .option('--bypass', 'this machine should not reach the services: what answers here is reachable around the gateway')
    .option('--report <file>', 'keep the findings, for posture --import')
    .option('--json', 'for programs')
    .action(async (flags: ProbeFlags) => (await import('./posture-probe.ts')).probePosture(flags))
  return command
}

function bounded(least: number, most: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`must be a number from ${least} to ${most}`)
    return value
  }
}
