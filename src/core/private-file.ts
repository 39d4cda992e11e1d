import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * The one line of `folder/name`, a file of mode 0600 that `make` fills when it is absent; the folder is made too (0700). For startup only.
 * Throws an Error that says what to do when others can read the file, when it is not ours or when its line is not of `form`.
 */
export function privateFile(folder: string, name: string, make: () => string, form: RegExp): string {
  const file = path.join(folder, name)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    createOnce(file, make)
  } catch (error) {
    throw new Error(
      `cannot make ${file}: ${(error as Error).message}; is stateDir writable for the user of the gateway?`,
      { cause: error },
    )
  }
  const stat = statSync(file)
  if (!stat.isFile()) throw new Error(`${file} is not a file; remove it and start again`)
  if ((stat.mode & 0o077) !== 0)
    throw new Error(
      `${file} is open to others (mode ${(stat.mode & 0o777).toString(8)}): whoever read it may use it; remove it and start again for a new one, or run: chmod 600 ${file}`,
    )
  const line = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  if (!form.test(line)) throw new Error(`${file} does not hold what it should; remove it and start again`)
  return line
}

function createOnce(file: string, make: () => string): void {
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return
  const own = `${file}.${process.pid}.new`
  rmSync(own, { force: true })
  writeFileSync(own, `${make()}\n`, { mode: 0o600, flag: 'wx' })
  // The umask may have taken bits away that the owner needs.
  chmodSync(own, 0o600)
  try {
    // A link fails when the name is taken, and shows the file only when it is whole: two processes that start together agree.
    linkSync(own, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(own)
  }
}
