import { exportOpenApi } from '../insight/inventory/openapi/export-openapi.ts'
import { exportPolicies } from '../insight/inventory/openapi/export-policies.ts'
import type { Operation } from '../insight/model/operation.ts'
import { complain } from './did-not-read.ts'
import { UserError } from './fail.ts'
import { gather, type GatherFlags } from './gather-inventory.ts'
import { changesInWords, listInWords, operationInWords } from './inventory-words.ts'
import { inOneLine } from '../lib/unseen.ts'
import { say, sayJson } from './say.ts'
import { yamlText } from './yaml-text.ts'

export interface InventoryFlags extends GatherFlags {
  readonly service?: string
  readonly all?: boolean
  readonly json?: boolean
}

export interface ExportFlags extends InventoryFlags {
  readonly policy?: boolean
  readonly format: 'yaml' | 'json'
}

/** `portcullis inventory [list]`: one line an operation, by service. */
export async function list(files: readonly string[], flags: InventoryFlags): Promise<void> {
  const { inventory, quarantines } = await gather(files, flags)
  const operations = wanted(inventory.operations(), flags).filter(operation => flags.all === true || !operation.ignored)
  const services = inventory.services().filter(service => flags.service === undefined || service.name === flags.service)
  if (flags.json === true) sayJson({ services, operations, unrouted: inventory.unrouted, lost: inventory.lost })
  else say(listInWords(services, operations, inventory.unrouted))
  complain(quarantines)
}

/** `portcullis inventory show OP`: all that is known of one operation. */
export async function show(wantedText: string, files: readonly string[], flags: InventoryFlags): Promise<void> {
  const { inventory, quarantines } = await gather(files, flags)
  const operations = wanted(inventory.operations(), flags)
  const exact = operations.filter(({ id, service }) => id === wantedText || id === `${service} ${wantedText}`)
  const found =
    exact.length > 0 ? exact : operations.filter(({ id }) => id.toLowerCase().includes(wantedText.toLowerCase()))
  const [operation, ...others] = found
  if (operation === undefined) throw new UserError(`there is no operation ${wantedText}; inventory list names them all`)
  if (others.length > 0)
    throw new UserError(
      `${found.length} operations have ${wantedText} in them:\n${found
        .slice(0, 20)
        .map(({ id }) => `  ${id}`)
        .join('\n')}`,
    )
  if (flags.json === true) sayJson(operation)
  else say(operationInWords(operation))
  complain(quarantines)
}

/** `portcullis inventory changes`: what differs between documents, configuration and traffic, and what operators changed. */
export async function changes(files: readonly string[], flags: InventoryFlags): Promise<void> {
  const { inventory, quarantines } = await gather(files, flags)
  const operations = wanted(inventory.operations(), flags).filter(operation => !operation.ignored)
  const differing = operations.filter(
    ({ standing, drift, reachable, declared }) =>
      standing.length > 0 || drift.length > 0 || (declared === true && reachable === false),
  )
  if (flags.json === true)
    sayJson({
      operations: differing.map(({ id, standing, drift, declared, reachable, used, state, sunset }) => ({
        id,
        standing,
        declared,
        reachable,
        used,
        state,
        sunset,
        drift,
      })),
      edits: inventory.edits(),
      documents: inventory.documents().map(({ service, document }) => ({ service, source: document.source })),
    })
  else say(changesInWords(differing, inventory.edits(), inventory.documents()))
  complain(quarantines)
}

/** `portcullis inventory export`: an OpenAPI document of one service, or routes for the configuration. */
export async function exportAs(files: readonly string[], flags: ExportFlags): Promise<void> {
  const { inventory, config, quarantines } = await gather(files, flags)
  const strict = flags.policy === true
  const operations = inventory.operations(strict ? { strict: true } : {})
  const service = chosenService(operations, flags.service)
  if (!strict) {
    const document = exportOpenApi(service, operations)
    if (flags.format === 'json' || flags.json === true) sayJson(document)
    else process.stdout.write(yamlText(document))
  } else {
    if (config === null)
      throw new UserError('--policy needs --config: each new route keeps the policies of the one that serves it now')
    const { routes, replaced, notes } = exportPolicies(service, operations, config)
    if (flags.json === true) sayJson({ routes, replaced, notes })
    else
      process.stdout.write(
        `${[...notes, ...replaced.map(name => `route ${name} takes the place of the one of this name`)].map(note => `# ${inOneLine(note)}\n`).join('')}${yamlText({ routes })}`,
      )
  }
  complain(quarantines)
}

function wanted(operations: readonly Operation[], { service }: InventoryFlags): readonly Operation[] {
  return service === undefined ? operations : operations.filter(operation => operation.service === service)
}

function chosenService(operations: readonly Operation[], name: string | undefined): string {
  const names = [...new Set(operations.filter(operation => operation.used).map(operation => operation.service))]
  if (name !== undefined) {
    if (!names.includes(name))
      throw new UserError(`there is no service ${name}; there are ${names.join(', ') || 'none'}`)
    return name
  }
  const [only, ...others] = names
  if (only === undefined) throw new UserError('no operation was called, so there is nothing to export')
  if (others.length > 0) throw new UserError(`--service says which: ${names.join(', ')}`)
  return only
}
