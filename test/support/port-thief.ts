import net from 'node:net'
import { isMainThread } from 'node:worker_threads'

// Loaded by `node --import` before the product: takes the port STOLEN_PORT in the very moment in which main has seen that it is free, before
// the workers bind it, as another program could. SIGWINCH gives it back.

const port = Number(process.env['STOLEN_PORT'])
if (isMainThread) {
  const real = net.Server.prototype.close
  let thief: net.Server | null = null
  net.Server.prototype.close = function (this: net.Server, ...given: Parameters<typeof real>) {
    const address = this.address()
    const result = real.apply(this, given)
    if (thief === null && address !== null && typeof address === 'object' && address.port === port) {
      // Without a host it is bound at once, on all addresses; with one only after a look-up, and then a worker may be first.
      thief = net.createServer().listen({ port, exclusive: true })
      thief.unref()
    }
    return result
  }
  process.once('SIGWINCH', () => {
    const server = thief
    // From now on the port stays free.
    net.Server.prototype.close = real
    server?.close(() => process.stderr.write('probe port given back\n'))
  })
}
