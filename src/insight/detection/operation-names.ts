// Hot path: once per event.
import type { Inventory } from '../inventory/inventory.ts'
import type { Entry, ServiceUse } from '../inventory/service-use.ts'
import type { ExchangeRecord } from '../model/exchange.ts'
import { type TemplateMatcher, createTemplateMatcher } from './template-matcher.ts'

interface ServiceNames {
  /** By entry, as the templates stood then. */
  names: Map<Entry, string>
  matcher: TemplateMatcher
  /** `templates.version` and `templates.shape` then, and the size of what was read. */
  version: number
  shape: number
  size: number
}

/** A new name may wait for so many calls of its service at least. */
const refreshMin = 16

/**
 * Names the operation of a call. Working the templates out costs as much as there are paths, so it is done once for as many calls as that, and only when
 * something was added to them or there are a quarter more calls to judge by; in between, paths that are new are told by the templates of then. Which
 * calls do it depends on the stream alone.
 */
export class OperationNames {
  readonly #inventory: Inventory
  readonly #services = new Map<ServiceUse, ServiceNames>()

  constructor(inventory: Inventory) {
    this.#inventory = inventory
  }

  /** `service METHOD template`; null: it is none that is known. The inventory has taken the record before. */
  nameOf(record: ExchangeRecord): string | null {
    const located = this.#inventory.locate(record)
    if (located === null) return null
    const { service, entry } = located
    let names = this.#services.get(service)
    if (names === undefined) this.#services.set(service, (names = read(service)))
    else if (isOutdated(names, service)) {
      names = read(service)
      this.#services.set(service, names)
    }
    const known = entry === null ? undefined : names.names.get(entry)
    if (known !== undefined) return known
    const { method, path } = record.event
    const template = names.matcher(method, path)
    if (template === null) return null
    const name = `${service.name} ${method} ${template}`
    if (entry !== null) names.names.set(entry, name)
    return name
  }
}

function isOutdated(names: ServiceNames, { templates }: ServiceUse): boolean {
  const since = templates.version - names.version
  if (since < Math.max(refreshMin, names.size)) return false
  return templates.shape !== names.shape || since >= names.version / 4
}

function read(service: ServiceUse): ServiceNames {
  const names = new Map<Entry, string>()
  const shapes = new Set<string>()
  for (const entry of service.entries()) {
    const { template } = service.templates.templateOfLeaf(entry.leaf)
    names.set(entry, `${service.name} ${entry.method} ${template}`)
    shapes.add(`${entry.method} ${template}`)
  }
  const { version, shape } = service.templates
  return {
    names,
    matcher: createTemplateMatcher(shapes),
    version,
    shape,
    size: Math.max(names.size, service.templates.size) * 2,
  }
}
