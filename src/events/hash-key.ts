import { randomBytes } from 'node:crypto'
import { privateFile } from '../core/private-file.ts'

/**
 * The key of the hashes in events: `stateDir/event-hash-key` (32 bytes as hex, mode 0600), made when absent, so that hashes stay equal over
 * restarts; without a state folder a key of this process alone. Throws an Error with what to do when the file is readable by others or broken.
 */
export function loadHashKey(stateDir: string | null): Uint8Array {
  if (stateDir === null) return randomBytes(32)
  return Buffer.from(
    privateFile(stateDir, 'event-hash-key', () => randomBytes(32).toString('hex'), /^[0-9a-f]{64}$/),
    'hex',
  )
}
