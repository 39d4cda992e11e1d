import { ConfigError } from '../core/config-error.ts'
import { type RunningGateway, type RunOptions, startGateway } from './start-gateway.ts'

/** `portcullis run`: starts, prints `portcullis ready …` and serves until SIGTERM or SIGINT; the exit code is then 0. */
export async function run(options: RunOptions): Promise<void> {
  let gateway: RunningGateway
  try {
    gateway = await startGateway(options)
  } catch (error) {
    process.stderr.write(`${whyNot(error)}\n`)
    // Threads that were started for nothing must not keep the process up.
    process.exit(1)
  }
  const stop = (signal: NodeJS.Signals): void => {
    gateway.stop(signal).then(
      () => process.exit(0),
      (error: unknown) => {
        gateway.log.error('stopping failed', { cause: String(error) })
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

function whyNot(error: unknown): string {
  if (error instanceof ConfigError) {
    const { length } = error.issues
    return `${error.message}\nportcullis did not start: ${length} problem${length === 1 ? '' : 's'} in the configuration`
  }
  return `portcullis did not start: ${error instanceof Error ? error.message : String(error)}`
}
