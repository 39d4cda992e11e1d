import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { productRoot } from './product.ts'

/** `portcullis demo`: the same as `npm start`; the test bed is part of a checkout, not of the package. Ends with the demo's exit code. */
export async function demo(): Promise<void> {
  const place = join(productRoot, 'testbed', 'demo.ts')
  if (!existsSync(place))
    throw new Error('the demo needs a checkout of the source: its test bed is not part of the package')
  const child = spawn(process.execPath, ['--disable-sigusr1', place], { stdio: 'inherit' })
  // Ctrl-C reaches the child through the terminal too, but a signal to this process alone must end everything as well.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill('SIGTERM'))
  process.exitCode = await new Promise<number>(resolve => child.once('exit', code => resolve(code ?? 1)))
}
