import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { LoadedConfig } from '../config/load.ts'
import { ConfigError, formatIssue } from '../core/config-error.ts'
import { systemClock } from '../gateway/system-clock.ts'
import { visible } from '../insight/posture/report/visible.ts'
import { probeBypass } from '../insight/surface/enforced/bypass-probe.ts'
import { enforcedAt, type EnforcedAt } from '../insight/surface/enforced/enforced-at.ts'
import { readEnforcement, type EnforcementFile } from '../insight/surface/enforced/read-enforcement.ts'
import { surfaceReport } from '../insight/surface/report.ts'
import { surfacePatch, surfacePatchText, type SurfacePatch } from '../insight/surface/surface-patch.ts'
import { overflowedOf, surfaceOf, type Surface } from '../insight/surface/surface.ts'
import { complain } from './did-not-read.ts'
import { UserError } from './fail.ts'
import { gather } from './gather-inventory.ts'
import { loadConfiguration } from './load-configuration.ts'
import { patchedConfiguration } from './patched-configuration.ts'
import { enforcedInWords } from './enforced-words.ts'
import { say, sayJson, warn } from './say.ts'
import { surfaceInWords } from './surface-words.ts'

export interface SurfaceFlags {
  readonly state?: string
  readonly config: string
  readonly openapi: readonly string[]
  readonly kubernetes: readonly string[]
  readonly patch?: boolean
  readonly write?: string
  readonly callers?: boolean
  readonly enforced: readonly string[]
  readonly probe?: boolean
  readonly strict?: boolean
  readonly young: number
  readonly json?: boolean
}

/** `portcullis surface`: what can be reached, by whom and from where, what of it is used, and the patch that closes the rest. */
export async function surface(files: readonly string[], flags: SurfaceFlags): Promise<void> {
  const { inventory, config, quarantines } = await gather(files, flags)
  complain(quarantines)
  const loaded = config as LoadedConfig
  const found = surfaceOf({
    config: loaded.config,
    operations: inventory.operations(),
    overflowed: overflowedOf(inventory.services()),
    toNothing: inventory.services().reduce((sum, { aside }) => sum + sumOf(aside), 0),
    nowMs: systemClock().now(),
    youngDays: flags.young,
    strict: flags.strict === true,
  })
  const made = surfacePatch(found.plan, loaded.authored)
  if (flags.write !== undefined) await writePatched(flags.write, flags.config, found)
  const enforced = flags.enforced.length > 0 || flags.probe === true ? await enforcement(loaded, found, flags) : null
  if (flags.json === true) sayJson({ ...surfaceReport(found, surfacePatchText(made.patch)), enforcedAt: enforced })
  else if (flags.patch === true) process.stdout.write(patchForPeople(found, made))
  else if (flags.write === undefined) {
    say(surfaceInWords(found, flags.callers === true))
    if (enforced !== null) say(`\n${enforcedInWords(enforced, found.privileges.list)}`)
  }
}

async function enforcement({ config }: LoadedConfig, found: Surface, flags: SurfaceFlags): Promise<EnforcedAt> {
  const read = readEnforcement(await Promise.all(flags.enforced.map(named => enforcementFile(named))))
  if ('issues' in read) throw new UserError(read.issues.join('\n'))
  const probed = flags.probe === true ? await probeBypass(config, { wait }) : []
  return enforcedAt({ config, surface: found, ...read, probed })
}

/** `10.0.0.5=ruleset.json`, or a file alone. */
async function enforcementFile(named: string): Promise<EnforcementFile> {
  const [, address = null, file = named] = /^([0-9A-Fa-f.:]+)=(.+)$/s.exec(named) ?? []
  try {
    return { file, address, text: await readFile(file, 'utf8') }
  } catch (error) {
    throw new UserError(`cannot read ${file} (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** What must be known before it is applied stands above it. Nothing that traffic wrote can end a comment. */
function patchForPeople(
  { notes, blast, surplus, surplusAfter }: Surface,
  { patch, notes: ofPatch }: SurfacePatch,
): string {
  const lines = [
    `closes ${surplus - surplusAfter} of ${surplus} permissions that were never used; would have refused ${blast.calls} calls of the past; confidence ${blast.confidence}`,
    ...notes,
    ...ofPatch,
  ]
  return `${lines.map(line => `# ${visible(line, 1_000)}\n`).join('')}${surfacePatchText(patch)}`
}

/** Writes the configuration with the patch in it beside the old one, and proves that it loads. */
async function writePatched(target: string, source: string, { plan }: Surface): Promise<void> {
  if (path.dirname(path.resolve(target)) !== path.dirname(path.resolve(source)))
    throw new UserError(`write it beside ${source}: what it names by file: is found from there`)
  const text = await patchedConfiguration(source, written => surfacePatch(plan, written).patch)
  try {
    await writeFile(target, text, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    throw new UserError(`cannot write ${target} (${(error as NodeJS.ErrnoException).code})`)
  }
  try {
    await loadConfiguration(target)
  } catch (error) {
    await rm(target, { force: true })
    if (!(error instanceof ConfigError)) throw error
    throw new UserError(
      `the patched configuration does not load, so it is not written:\n${error.issues.map(formatIssue).join('\n')}`,
    )
  }
  warn(`${target} holds the configuration with the patch in it; it loads`)
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
