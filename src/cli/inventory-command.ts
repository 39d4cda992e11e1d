import { Command, Option } from 'commander'
import type { ExportFlags, InventoryFlags } from './inventory.ts'
import type { EditFlags } from './inventory-edit.ts'

/** `portcullis inventory …`, without the code behind it: that is imported when it is called. */
export function inventoryCommand(): Command {
  const command = new Command('inventory').description(
    'show which operations exist, whose they are, who calls them how, and where documents and traffic differ',
  )
  const many = (option: Option): Option =>
    option.argParser((value: string, before: readonly string[]) => [...before, value]).default([], 'none')
  const of = (name: string, description: string, options?: { isDefault: boolean }): Command =>
    command
      .command(name, options)
      .description(description)
      .option('--state <folder>', 'stateDir of a gateway that runs or ran, instead of files')
      .option(
        '-c, --config <path>',
        'configuration: what is reachable, owners, and the stateDir when nothing else is named (default: portcullis.yaml)',
      )
      .addOption(many(new Option('--openapi <document>', 'OpenAPI document, also SERVICE=DOCUMENT; may be repeated')))
      .addOption(
        many(new Option('--kubernetes <file>', 'objects of a cluster (kubectl get … -o json); may be repeated')),
      )
      .option('--service <name>', 'only this service')
      .option('--json', 'for programs')
  const files = ['[files...]', 'events, records, exchanges, HAR, Envoy access logs or spans, gzip or plain'] as const

  of('list', 'one line an operation, by service', { isDefault: true })
    .argument(...files)
    .option('--all', 'ignored operations too')
    .action(async (paths: string[], flags: InventoryFlags) => (await import('./inventory.ts')).list(paths, flags))
  of('show', 'all that is known of one operation')
    .argument('<operation>', "'GET /orders/{id}', or a part that only one has")
    .argument(...files)
    .action(async (wanted: string, paths: string[], flags: InventoryFlags) =>
      (await import('./inventory.ts')).show(wanted, paths, flags),
    )
  of('changes', 'where documents and traffic differ: shadow, zombie, orphan, drift; and what operators changed')
    .argument(...files)
    .action(async (paths: string[], flags: InventoryFlags) => (await import('./inventory.ts')).changes(paths, flags))
  of('export', 'what was learnt as an OpenAPI 3.1 document, or as routes that refuse everything else')
    .argument(...files)
    .option('--policy', 'routes with json-schema policies; needs --config')
    .addOption(new Option('--format <name>', 'of the document').choices(['yaml', 'json']).default('yaml'))
    .action(async (paths: string[], flags: ExportFlags) => (await import('./inventory.ts')).exportAs(paths, flags))
  command
    .command('edit')
    .description(`say what the inventory cannot know; every edit can be taken back with undo:
  pin SERVICE TEMPLATE                        the template stays as it is
  merge SERVICE TEMPLATE                      paths that fit it are one operation
  split SERVICE TEMPLATE VARIABLE VALUE       one value is an operation of its own
  rename SERVICE TEMPLATE VARIABLE NAME       a better name for a variable
  ignore 'SERVICE METHOD TEMPLATE'            leave it out of lists and findings
  state 'SERVICE METHOD TEMPLATE' STATE       design, live, deprecated or retired
  owner SERVICE [FIELD=VALUE…]                application=, tenant=, contact=; also of one operation
  undo NUMBER`)
    .argument('<kind>', 'pin, merge, split, rename, ignore, state, owner or undo')
    .argument('<words...>', 'as above')
    .option('--state <folder>', 'stateDir of a gateway that runs or ran, or what replay --state wrote')
    .option(
      '-c, --config <path>',
      'configuration of the gateway: beside a running one the edit goes through its control API (default: portcullis.yaml)',
    )
    .requiredOption('--reason <text>', 'why; kept with the edit')
    .option('--author <name>', 'who; by default the user of this shell')
    .option('--json', 'for programs')
    .action(async (kind: string, words: string[], flags: EditFlags) =>
      (await import('./inventory-edit.ts')).edit(kind, words, flags),
    )
  return command
}
