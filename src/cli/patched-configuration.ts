import { readFile, stat } from 'node:fs/promises'
import { stringify } from 'yaml'
import { parseYamlFully } from '../core/yaml.ts'
import { applyPatch, type ConfigPatch } from '../insight/posture/patch.ts'
import { UserError } from './fail.ts'

/**
 * The text of a configuration file with a patch in it. Comments outside of what the patch changes stay; what stands in it as a secret or a
 * reference stays too. `patchOf` makes the patch from the document as it is written.
 */
export async function patchedConfiguration(file: string, patchOf: (written: unknown) => ConfigPatch): Promise<string> {
  if ((await stat(file)).isDirectory())
    throw new UserError(`${file} is a folder: print the patch and put it into its files`)
  const read = parseYamlFully(await readFile(file, 'utf8'))
  if (!('value' in read) || read.parsed === undefined) throw new UserError(`${file} is not YAML`)
  const patch = patchOf(read.value)
  const patched = applyPatch(read.value, patch)
  const { document } = read.parsed
  try {
    for (const key of Object.keys(patch))
      document.set(key, document.createNode(patched[key], { aliasDuplicateObjects: false }))
    return document.toString({ lineWidth: 0 })
  } catch {
    // An alias outside meant an anchor that was in the part that is replaced.
    return stringify(patched, { lineWidth: 0, aliasDuplicateObjects: false })
  }
}
