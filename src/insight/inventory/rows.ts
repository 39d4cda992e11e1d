import type { CallerEntry, CallerNames } from './callers.ts'
import type { Edit, EditList } from './edits.ts'
import type { ShapesDump } from './learned-shapes.ts'
import { isLeafUseDump, type LeafUseDump } from './leaf-use.ts'
import type { OwnerDirectory, OwnerRow } from './owners/owner-directory.ts'
import type { Entry, ServiceUse } from './service-use.ts'
import type { Tally, TallyDump } from './tally.ts'
import type { TargetUseDump } from './target-use.ts'
import type { ToldRoutes, ToldRoutesDump } from './told-routes.ts'

/** What the rows are made of. */
export interface RowParts {
  readonly names: CallerNames
  readonly edits: EditList
  readonly unrouted: Tally
  readonly told: ToldRoutes
  readonly owners: OwnerDirectory
  /** null: there is no room for it. */
  readonly service: (name: string) => ServiceUse | null
  /** Called for every edit that comes back and stands, in their order. */
  readonly edited: (edit: Edit) => void
}

/** In the order in which they are read back: each kind needs those before it. */
const kinds = ['totals', 'caller', 'service', 'templates', 'told', 'owner', 'use', 'shapes', 'callers', 'edit'] as const

type Kind = (typeof kinds)[number]

interface ServiceRow {
  readonly targets: TargetUseDump
  readonly aside: TallyDump
  readonly overflow: number
}

/**
 * The inventory as rows that a store keeps, only what changed: `use/SERVICE/METHOD/LEAF`, `shapes/…`, `callers/…/CHUNK`, `service/NAME`,
 * `templates/SERVICE/…`, `told/SERVICE`, `owner/address|service/NAME`,
 * `caller/N`, `edit/N`, `totals`. Names of services are percent-encoded.
 */
export class InventoryRows {
  readonly #parts: RowParts
  readonly #services: ServiceUse[] = []
  readonly #entries: Array<readonly [entry: Entry, service: ServiceUse]> = []
  #callersWritten = 0
  #nowMs = 0
  /** Something came since the totals were written. */
  #total = false

  constructor(parts: RowParts) {
    this.#parts = parts
  }

  /** Notes what an exchange changed; `taught`: shapes too. */
  changed(
    service: ServiceUse | null,
    entry: Entry | null,
    { timeMs, taught }: { timeMs: number; taught: boolean },
  ): void {
    if (timeMs > this.#nowMs) this.#nowMs = timeMs
    this.#total = true
    if (service === null) return
    if (!service.changed) {
      service.changed = true
      this.#services.push(service)
    }
    if (entry === null) return
    if (taught && entry.shapes !== null) entry.taught = true
    if (entry.changed) return
    entry.changed = true
    this.#entries.push([entry, service])
  }

  *changes(): Iterable<readonly [key: string, value: string | null]> {
    if (this.#total) yield ['totals', JSON.stringify([this.#nowMs, this.#parts.unrouted.dump()])]
    this.#total = false
    const names = this.#parts.names.all()
    for (; this.#callersWritten < names.length; this.#callersWritten++)
      yield [`caller/${this.#callersWritten}`, JSON.stringify(names[this.#callersWritten])]
    for (const service of this.#services.splice(0)) {
      service.changed = false
      const row: ServiceRow = {
        targets: service.targets.dump(),
        aside: service.aside.dump(),
        overflow: service.overflow,
      }
      const place = encodeURIComponent(service.name)
      yield [`service/${place}`, JSON.stringify(row)]
      for (const [key, value] of service.templates.changes()) yield [`templates/${place}/${key}`, value]
    }
    for (const [entry, service] of this.#entries.splice(0)) {
      entry.changed = false
      const place = `${encodeURIComponent(service.name)}/${entry.method}/${entry.leaf}`
      yield [`use/${place}`, JSON.stringify(entry.use.dump())]
      for (const [chunk, entries] of entry.use.callers.changed())
        yield [
          `callers/${place}/${chunk}`,
          JSON.stringify(
            entries.map(one => [one.caller, one.calls, one.refused, one.inherited, one.first, one.last, one.denied]),
          ),
        ]
      if (entry.taught) yield [`shapes/${place}`, JSON.stringify(entry.shapes?.dump())]
      entry.taught = false
    }
    for (const [service, routes] of this.#parts.told.changes())
      yield [`told/${encodeURIComponent(service)}`, JSON.stringify(routes)]
    for (const [key, row] of this.#parts.owners.changes()) {
      const slash = key.indexOf('/')
      yield [
        `owner/${key.slice(0, slash)}/${encodeURIComponent(key.slice(slash + 1))}`,
        row.length === 0 ? null : JSON.stringify(row),
      ]
    }
    yield* this.#parts.edits.changes()
  }

  /** Rows that do not read are skipped and counted. */
  restore(rows: Iterable<readonly [key: string, value: string]>): { readonly nowMs: number; readonly skipped: number } {
    let skipped = 0
    const byKind = new Map<Kind, Array<readonly [path: readonly string[], value: string]>>(
      kinds.map(kind => [kind, []]),
    )
    for (const [key, value] of rows) {
      const [kind, ...path] = key.split('/')
      const list = byKind.get(kind as Kind)
      if (list === undefined) skipped++
      else list.push([path, value])
    }
    for (const [kind, list] of byKind) {
      list.sort(([a], [b]) => inOrder(a, b))
      if (kind === 'templates') {
        skipped += this.#templates(list)
        continue
      }
      for (const [path, value] of list)
        try {
          if (!this.#row(kind, path, JSON.parse(value))) skipped++
        } catch {
          skipped++
        }
    }
    this.#callersWritten = this.#parts.names.all().length
    return { nowMs: this.#nowMs, skipped }
  }

  /** A set of templates takes all its rows together. */
  #templates(list: ReadonlyArray<readonly [path: readonly string[], value: string]>): number {
    let skipped = 0
    const byService = new Map<string, Array<readonly [key: string, value: string]>>()
    for (const [[name = '', ...key], value] of list) {
      const rows = byService.get(name)
      if (rows === undefined) byService.set(name, [[key.join('/'), value]])
      else rows.push([key.join('/'), value])
    }
    for (const [name, rows] of byService)
      try {
        const service = this.#parts.service(decodeURIComponent(name))
        if (service === null) skipped += rows.length
        else skipped += service.templates.restore(rows)
      } catch {
        skipped += rows.length
      }
    return skipped
  }

  /** False: none of ours. May throw on what is not. */
  #row(kind: Kind, path: readonly string[], value: unknown): boolean {
    switch (kind) {
      case 'totals': {
        const [nowMs, unrouted] = value as readonly [number, TallyDump]
        if (!Number.isSafeInteger(nowMs)) return false
        this.#nowMs = nowMs
        this.#parts.unrouted.restore(unrouted)
        return true
      }
      case 'caller':
        return typeof value === 'string' && this.#parts.names.restore(Number(path[0]), value)
      case 'service': {
        const service = this.#parts.service(decodeURIComponent(path[0] ?? ''))
        if (service === null) return false
        const { targets, aside, overflow } = value as ServiceRow
        service.targets.restore(targets)
        service.aside.restore(aside)
        service.overflow = overflow
        return true
      }
      case 'use':
      case 'shapes':
      case 'callers': {
        const [name = '', method = '', leaf = '', chunk = ''] = path
        if (!/^\d{1,9}$/.test(leaf)) return false
        const service = this.#parts.service(decodeURIComponent(name))
        if (service === null || (kind === 'use' && !isLeafUseDump(value))) return false
        const entry = kind === 'use' ? service.entry(method, Number(leaf)) : service.find(method, Number(leaf))
        if (entry === null) return false
        if (kind === 'use') entry.use.restore(value as LeafUseDump)
        else if (kind === 'callers') {
          if (!/^\d{1,4}$/.test(chunk)) return false
          entry.use.callers.restore((value as CallerRow[]).map(callerEntry))
        } else service.learn(entry)?.restore(value as ShapesDump)
        return true
      }
      case 'told': {
        const routes = value as ToldRoutesDump
        if (
          !Array.isArray(value) ||
          !routes.every(([route, seen]) => typeof route === 'string' && Number.isInteger(seen))
        )
          return false
        this.#parts.told.restore(decodeURIComponent(path[0] ?? ''), routes)
        return true
      }
      case 'owner': {
        const [of = '', name = ''] = path
        if ((of !== 'address' && of !== 'service') || !Array.isArray(value)) return false
        this.#parts.owners.restore(`${of}/${decodeURIComponent(name)}`, value as OwnerRow)
        return true
      }
      case 'edit': {
        const edit = this.#parts.edits.restore(value as Edit)
        if (edit !== null && edit.undone === null) this.#parts.edited(edit)
        return edit !== null
      }
      case 'templates':
        return false
    }
  }
}

/** The last number is absent in rows that were written before it was counted. */
type CallerRow = readonly [number, number, number, number, number, number, number?]

function callerEntry([caller, calls, refused, inherited, first, last, denied = 0]: CallerRow): CallerEntry {
  return { caller, calls, refused, inherited, first, last, denied }
}

/** Numbers by value, all else as text. */
function inOrder(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x = '', y = ''] = [a[i], b[i]]
    if (x === y) continue
    if (/^\d+$/.test(x) && /^\d+$/.test(y)) return Number(x) - Number(y)
    return x < y ? -1 : 1
  }
  return 0
}
