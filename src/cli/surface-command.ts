import { Command, InvalidArgumentError, Option } from 'commander'
import type { SurfaceFlags } from './surface.ts'

/** `portcullis surface …`, without the code behind it: that is imported when it is called. */
export function surfaceCommand(): Command {
  const many = (option: Option): Option =>
    option.argParser((value: string, before: readonly string[]) => [...before, value]).default([], 'none')
  return new Command('surface')
    .description('show who can reach what from where, what of it was never used, and the patch that closes it')
    .argument('[files...]', 'events, records, exchanges, HAR or Envoy access logs, gzip or plain')
    .option('-c, --config <path>', 'configuration: what is granted, and where its insight learns', 'portcullis.yaml')
    .option('--state <folder>', 'stateDir of a gateway that runs or ran, instead of files')
    .addOption(many(new Option('--openapi <document>', 'OpenAPI document, also SERVICE=DOCUMENT; may be repeated')))
    .addOption(many(new Option('--kubernetes <file>', 'objects of a cluster; may be repeated')))
    .option('--patch', 'print the patch')
    .option('--write <file>', 'write the configuration with the patch in it, beside the old one')
    .option('--callers', 'each caller with each operation')
    .option('--strict', 'name each caller, also where who calls what is still changing')
    .addOption(new Option('--young <days>', 'callers known for less are flagged').argParser(days).default(7))
    .addOption(
      many(
        new Option(
          '--enforced <file>',
          'who stops whom: NetworkPolicy and other objects of a cluster, or nft -j list ruleset, also ADDRESS=FILE for one machine; may be repeated',
        ),
      ),
    )
    .option('--probe', 'try from here whether services answer around the gateway: one HEAD request to each target')
    .option('--json', 'for programs')
    .action(async (files: string[], flags: SurfaceFlags) => (await import('./surface.ts')).surface(files, flags))
}

function days(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 3_650)) throw new InvalidArgumentError('must be a number of days.')
  return value
}
