import { existsSync, readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import tls from 'node:tls'
import { isMainThread, workerData } from 'node:worker_threads'

// Loaded by `node --import` before the product, in every thread: while the file FAULT_FILE exists, one worker alone (the second) cannot make
// a TLS context. What the file says is how it fails: `throw`, or `exit` (the thread ends in the middle of its work).

const file = process.env['FAULT_FILE'] ?? ''
if (!isMainThread && (workerData as { index?: number } | null)?.index === 1) {
  const real = tls.createSecureContext
  tls.createSecureContext = options => {
    if (existsSync(file)) {
      if (readFileSync(file, 'utf8') === 'exit') process.exit(3)
      throw new Error('a fault that only this worker has')
    }
    return real(options)
  }
  syncBuiltinESMExports()
}
