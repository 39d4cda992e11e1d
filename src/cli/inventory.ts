import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'yaml'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/types.ts'
import { createOperatorLog } from '../events/operator-log.ts'
import { systemClock } from '../gateway/system-clock.ts'
import { openEngine } from '../insight/engine.ts'
import { fileFormats } from '../insight/ingest/file-formats.ts'
import type { Quarantine } from '../insight/ingest/quarantine.ts'
import { serviceOfDocument } from '../insight/inventory/assign-document.ts'
import { editChange } from '../insight/inventory/edit-words.ts'
import type { Edit } from '../insight/inventory/edits.ts'
import { Inventory } from '../insight/inventory/inventory.ts'
import { exportOpenApi } from '../insight/inventory/openapi/export-openapi.ts'
import { exportPolicies } from '../insight/inventory/openapi/export-policies.ts'
import type { OpenApiDocument } from '../insight/inventory/openapi/document.ts'
import { readDocuments } from '../insight/inventory/openapi/read-documents.ts'
import { readOpenApi } from '../insight/inventory/openapi/read-openapi.ts'
import { readKubernetes } from '../insight/inventory/owners/kubernetes.ts'
import { takeEdit, type WantedEdit, wantedEdit } from '../insight/inventory/take-edit.ts'
import { Learner } from '../insight/learner.ts'
import { fieldChoice, usualFields } from '../insight/model/field-choice.ts'
import type { Operation } from '../insight/model/operation.ts'
import { replayFile } from '../insight/replay.ts'
import { authorOf } from './author.ts'
import { isInsightAtWork, tellControl } from './control-client.ts'
import { counted, UserError } from './fail.ts'
import { inOneLine, say, sayJson, warn } from './say.ts'
import { changesInWords, listInWords, operationInWords } from './inventory-words.ts'
import { findState, readKnown, type StateFlags } from './known-state.ts'
import { loadConfiguration } from './load-configuration.ts'

export interface InventoryFlags extends StateFlags {
  readonly openapi: readonly string[]
  readonly kubernetes: readonly string[]
  readonly service?: string
  readonly all?: boolean
  readonly json?: boolean
}

export interface ExportFlags extends InventoryFlags {
  readonly policy?: boolean
  readonly format: 'yaml' | 'json'
}

export interface EditFlags extends StateFlags {
  readonly reason: string
  readonly author?: string
  readonly json?: boolean
}

interface Gathered {
  readonly inventory: Inventory
  readonly config: LoadedConfig | null
  /** Whether anything of traffic is in it. */
  readonly learnt: boolean
  readonly quarantines: readonly Quarantine[]
}

/** `portcullis inventory [list]`: one line an operation, by service. */
export async function list(files: readonly string[], flags: InventoryFlags): Promise<void> {
  const { inventory, quarantines } = await gather(files, flags)
  const operations = wanted(inventory.operations(), flags).filter(operation => flags.all === true || !operation.ignored)
  const services = inventory.services().filter(service => flags.service === undefined || service.name === flags.service)
  if (flags.json === true) print({ services, operations, unrouted: inventory.unrouted, lost: inventory.lost })
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
  if (flags.json === true) print(operation)
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
    print({
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
    if (flags.format === 'json' || flags.json === true) print(document)
    else process.stdout.write(yaml(document))
  } else {
    if (config === null)
      throw new UserError('--policy needs --config: each new route keeps the policies of the one that serves it now')
    const { routes, replaced, notes } = exportPolicies(service, operations, config)
    if (flags.json === true) print({ routes, replaced, notes })
    else
      process.stdout.write(
        `${[...notes, ...replaced.map(name => `route ${name} takes the place of the one of this name`)].map(note => `# ${inOneLine(note)}\n`).join('')}${yaml({ routes })}`,
      )
  }
  complain(quarantines)
}

/**
 * `portcullis inventory edit KIND …`: an operator's word, kept with author, reason and time. It reaches an insight at work through the control API of its
 * gateway; the state of one that ended is opened here.
 */
export async function edit(kind: string, words: readonly string[], flags: EditFlags): Promise<void> {
  const wanted = { kind, words, author: authorOf(flags), reason: flags.reason }
  if (kind !== 'undo') {
    const change = editChange(kind, words)
    if (typeof change === 'string') throw new UserError(change)
  }
  if (wantedEdit(wanted) === null) throw new UserError('author, reason or a word is empty or too long')
  const { folder, config } = await findState(flags)
  if (folder === null) throw new Error('a state must be found here')
  const stateDir = path.dirname(path.resolve(folder))
  const atWork = path.basename(folder) === 'insight' && (await isInsightAtWork(stateDir))
  const done = atWork
    ? await editAtWork(wanted, { folder, stateDir, config: config ?? (await named(flags)) })
    : await editEnded(wanted, folder)
  if (flags.json === true) print(done)
  else
    console.log(
      kind === 'undo'
        ? `edit ${done.number} is taken back`
        : `edit ${done.number} holds; take it back with: inventory edit undo ${done.number}${flags.state === undefined ? '' : ` --state ${flags.state}`} --reason …`,
    )
}

async function named({ config }: EditFlags): Promise<LoadedConfig | null> {
  return config === undefined ? null : loadConfiguration(config)
}

interface StateAtWork {
  readonly folder: string
  readonly stateDir: string
  readonly config: LoadedConfig | null
}

async function editAtWork(wanted: WantedEdit, { folder, stateDir, config }: StateAtWork): Promise<Edit> {
  if (config?.config.stateDir == null || path.resolve(config.config.stateDir) !== stateDir)
    throw new UserError(
      `an insight is at work in ${folder}: name the configuration of its gateway (--config), whose control API takes the edit, or end the gateway first`,
    )
  return (await tellControl(config.config, '/inventory/edits', wanted)) as Edit
}

async function editEnded(wanted: WantedEdit, folder: string): Promise<Edit> {
  const clock = systemClock()
  const log = createOperatorLog({ format: 'text', write: line => process.stderr.write(line), clock })
  const engine = await openEngine(
    {
      folder,
      memoryBytesMax: 256 * 1024 * 1024,
      retentionMs: Number.POSITIVE_INFINITY,
      historyBytesMax: Number.POSITIVE_INFINITY,
      record: null,
    },
    log,
  ).catch((error: unknown) => {
    throw new UserError((error as Error).message)
  })
  try {
    const result = takeEdit(engine.parts.inventory, wanted, clock.now())
    if ('refused' in result) throw new UserError(result.refused)
    return result.edit
  } finally {
    await engine.close()
  }
}

/** Everything named on the command line, in one inventory; without files and documents what the insight of a state or configuration knows. */
export async function gather(files: readonly string[], flags: InventoryFlags): Promise<Gathered> {
  if (files.length > 0 && flags.state !== undefined) throw new UserError('name files or --state, not both')
  const known = files.length + flags.openapi.length === 0 || flags.state !== undefined ? await findState(flags) : null
  const config = known?.config ?? (flags.config === undefined ? null : await loadConfiguration(flags.config))
  const inventory = new Inventory()
  if (config !== null) inventory.configure(config.config)
  for (const file of flags.kubernetes) {
    const read = readKubernetes(await text(file), file)
    if ('issues' in read) throw new UserError(read.issues.join('\n'))
    inventory.place(read.placements)
  }
  const configured = readDocuments(config?.documents ?? [], warn)
  inventory.describe(configured)
  const documents = (await Promise.all(flags.openapi.map(named => namedDocument(named)))).filter(
    ({ document }) =>
      !configured.some(one => isDeepStrictEqual({ ...one.document, source: document.source }, document)),
  )
  for (const { service, document } of documents) if (service !== null) inventory.declare(service, document)
  const learnt = known !== null && readKnown(known, [inventory])
  const quarantines = await replayAll(files, inventory, config?.config ?? null)
  for (const { service, document } of documents)
    if (service === null) inventory.declare(serviceOfDocument(document, inventory.operations()), document)
  return { inventory, config, learnt: learnt || files.length > 0, quarantines }
}

async function replayAll(files: readonly string[], inventory: Inventory, config: Config | null): Promise<Quarantine[]> {
  const hashKey = randomBytes(32)
  const formats = fileFormats(hashKey, config?.insight == null ? usualFields : fieldChoice(config.insight.fields))
  const learner = new Learner({ parts: [inventory] })
  const quarantines: Quarantine[] = []
  for (const file of files) {
    const done = await replayFile(file, learner, { formats, format: null, onProgress: () => false }).catch(
      (error: unknown) => {
        throw new UserError(`cannot read ${file}: ${(error as Error).message}`)
      },
    )
    if (done.format === null)
      throw new UserError(
        `${file} is of no format that is known: ${[...formats.exchanges, ...formats.spans].map(({ format }) => format).join(', ')}`,
      )
    quarantines.push(done.quarantine)
  }
  learner.settle()
  return quarantines
}

/** `orders=orders.yaml`, or a file alone: then its content says which service it is of. */
async function namedDocument(
  named: string,
): Promise<{ readonly service: string | null; readonly document: OpenApiDocument }> {
  const [, service = null, file = named] = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63})=(.+)$/s.exec(named) ?? []
  const read = readOpenApi(await text(file), file)
  if ('issues' in read) throw new UserError(read.issues.join('\n'))
  for (const warning of read.document.warnings) warn(`${file} ${warning}`)
  return { service, document: read.document }
}

async function text(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UserError(`cannot read ${file} (${(error as NodeJS.ErrnoException).code})`)
  }
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

export function complain(quarantines: readonly Quarantine[]): void {
  for (const { source, total, reasons } of quarantines)
    if (total > 0)
      warn(
        `${source}: ${counted(total, 'item')} did not read: ${[...reasons].map(([why, count]) => `${count} × ${why}`).join(', ')}`,
      )
}

function print(value: unknown): void {
  sayJson(value)
}

function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })
}
