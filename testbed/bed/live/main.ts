import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { services } from '../estate.ts'
import { createWorld } from '../world.ts'
import { serveService } from './service-server.ts'

// The eight services of the bed, each on a port of its own, in one process to spare the machine.

const read = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set`)
  return value
}
const ports = JSON.parse(read('BED_PORTS')) as Readonly<Record<string, number>>
const folder = read('BED_FOLDER')
const world = createWorld(Number(read('BED_SEED')))
const pem = (name: string): string => readFileSync(join(folder, name), 'utf8')

const running = services.map(service => {
  const one = serveService(service, {
    world,
    mesh: read('BED_MESH'),
    spans: read('BED_SPANS'),
    ca: pem('ca.crt'),
    identity: { certificate: pem(`${service.name}.crt`), key: pem(`${service.name}.key`) },
  })
  one.server.listen(ports[service.name], '127.0.0.1')
  return one
})
await Promise.all(running.map(({ server }) => once(server, 'listening')))
process.once('SIGTERM', () => {
  Promise.all(running.map(one => one.close())).then(
    () => process.exit(0),
    () => process.exit(1),
  )
})
process.stdout.write('bed ready\n')
