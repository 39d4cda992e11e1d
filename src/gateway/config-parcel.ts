import { DefaultDeserializer, DefaultSerializer } from 'node:v8'
import type { Config, RouteConfig } from '../config/types.ts'
import { packSecrets, unpackSecrets } from '../core/secret.ts'
import type { Slices } from './slices.ts'

/**
 * A configuration on its way to a worker, secrets packed: never log it. The routes are values of one v8 stream and not of the message,
 * so that main writes them once for all workers, and a worker reads them one by one, when no request waits: read as part of the message,
 * a thousand routes would hold its loop for some 10 ms. Settings that several routes share stay one object on the way.
 */
export interface ConfigParcel {
  /** All but the routes. */
  readonly head: unknown
  readonly count: number
  readonly routes: Uint8Array
}

export function packConfig(config: Config): ConfigParcel {
  const packed = new Map<object, unknown>()
  const stream = new DefaultSerializer()
  stream.writeHeader()
  for (const route of config.routes) stream.writeValue(packSecrets(route, packed))
  return {
    head: packSecrets({ ...config, routes: [] }),
    count: config.routes.length,
    routes: stream.releaseBuffer(),
  }
}

/** The configuration, frozen as it was: what a worker got cannot change under it. */
export async function unpackConfig({ head, count, routes }: ConfigParcel, slices: Slices): Promise<Config> {
  const stream = new DefaultDeserializer(routes)
  stream.readHeader()
  const read: RouteConfig[] = []
  while (read.length < count) {
    const waiting = slices.pause()
    if (waiting !== null) await waiting
    read.push(unpackSecrets(stream.readValue()) as RouteConfig)
  }
  return Object.freeze({ ...(unpackSecrets(head) as Config), routes: Object.freeze(read) })
}
