import { statSync } from 'node:fs'

/**
 * Calls `changed` when any of the files or folders changed and then stayed the same for one more look, so that a pair of files
 * is not read half-written. Looks every `everyMs`: a look follows symbolic links, so a swapped link (Kubernetes) is seen like any change,
 * which watching by inode misses. `files` is read anew each time. Gives a function that stops.
 */
export function watchFiles(files: () => readonly string[], changed: () => void, everyMs = 500): () => void {
  let seen = stamps(files())
  let pending = false
  const timer = setInterval(() => {
    const now = stamps(files())
    if (now !== seen) {
      seen = now
      pending = true
    } else if (pending) {
      pending = false
      changed()
    }
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

function stamps(files: readonly string[]): string {
  return files
    .map(file => {
      const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
      return stat === undefined
        ? `${file} gone`
        : `${file} ${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`
    })
    .join('\n')
}
