import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/types.ts'
import { fileFormats } from '../insight/ingest/file-formats.ts'
import type { Quarantine } from '../insight/ingest/quarantine.ts'
import { serviceOfDocument } from '../insight/inventory/assign-document.ts'
import { Inventory } from '../insight/inventory/inventory.ts'
import type { OpenApiDocument } from '../insight/inventory/openapi/document.ts'
import { readDocuments } from '../insight/inventory/openapi/read-documents.ts'
import { readOpenApi } from '../insight/inventory/openapi/read-openapi.ts'
import { readKubernetes } from '../insight/inventory/owners/kubernetes.ts'
import { Learner } from '../insight/learner.ts'
import { fieldChoice, usualFields } from '../insight/model/field-choice.ts'
import { replayFile } from '../insight/replay.ts'
import { UserError } from './fail.ts'
import { findState, readKnown, type StateFlags } from './known-state.ts'
import { loadConfiguration } from './load-configuration.ts'
import { warn } from './say.ts'

export interface GatherFlags extends StateFlags {
  readonly openapi: readonly string[]
  readonly kubernetes: readonly string[]
}

interface Gathered {
  readonly inventory: Inventory
  readonly config: LoadedConfig | null
  /** Whether anything of traffic is in it. */
  readonly learnt: boolean
  readonly quarantines: readonly Quarantine[]
}

/** Everything named on the command line, in one inventory; without files and documents what the insight of a state or configuration knows. */
export async function gather(files: readonly string[], flags: GatherFlags): Promise<Gathered> {
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
