import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { commonLimit, configurationOf } from './bed/configuration.ts'
import { documentOf } from './bed/documents.ts'
import { services } from './bed/estate.ts'
import type { TokenIssuer } from './bed/tokens.ts'
import type { World } from './bed/world.ts'

export interface GatewayFacts {
  /** Made for the run. */
  readonly folder: string
  readonly root: string
  /** What the shop's part says as `env:NAME`; values of several lines are written to files. */
  readonly values: Readonly<Record<string, string>>
  readonly world: World
  readonly tokens: TokenIssuer
  /** Port of each service of the bed. */
  readonly ports: Readonly<Record<string, number>>
  /** Address where insight takes spans. */
  readonly otlp: string
}

/**
 * Writes the demo's configuration as a folder that needs no environment, so that every command can be tried on it: the shop's part and the
 * bed's. Gives the folder. The bed's OpenAPI documents lie beside it.
 */
export function writeGateway({ folder, root, values, world, tokens, ports, otlp }: GatewayFacts): string {
  const gateway = join(folder, 'gateway')
  const documents = join(folder, 'openapi')
  for (const one of [gateway, documents]) mkdirSync(one, { recursive: true, mode: 0o700 })
  const shop = readFileSync(join(root, 'testbed/portcullis.yaml'), 'utf8')
    .replaceAll(/env:(DEMO_[A-Z0-9_]+)/g, (_, name: string) => {
      const value = values[name]
      if (value === undefined) throw new Error(`the demo has no ${name}`)
      if (!value.includes('\n')) return JSON.stringify(value)
      const file = join(folder, name.toLowerCase())
      writeFileSync(file, value, { mode: 0o600 })
      return JSON.stringify(`file:${file}`)
    })
    .replaceAll('file:shop/', `file:${join(root, 'testbed/shop')}/`)
  write(join(gateway, '10-shop.yaml'), shop)
  const bed = configurationOf(world.random, tokens, {
    targets: ({ name }) => [`http://127.0.0.1:${ports[name]}`],
    service: ({ application, tenant, contact }) => ({
      owner: { application, tenant, contact },
      policies: [commonLimit],
    }),
    // There is no Redis in the demo.
    store: false,
    further: {
      insight: {
        otlp: { address: otlp },
        // Learnt thresholds need a day. An expert's holds at once: so many different objects in ten minutes is nobody's habit.
        detection: { baselines: [{ detector: 'enumeration', metric: 'objects-10m', scope: 'jwt', threshold: 20 }] },
      },
    },
  })
  write(join(gateway, '20-bed.yaml'), stringify(bed, { lineWidth: 0, aliasDuplicateObjects: false }))
  for (const service of services)
    write(join(documents, `${service.name}.json`), `${JSON.stringify(documentOf(service), null, 1)}\n`)
  return gateway
}

/** Hashes of keys and passwords are for the owner alone. */
function write(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 })
}
