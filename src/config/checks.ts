import type { ConfigIssue } from '../core/config-error.ts'
import { formatAddress } from './address.ts'
import { unknownWord } from './entries.ts'
import type { Locator } from './locate.ts'
import { toPointer, type DocumentPath } from './pointer.ts'
import { routeConflicts } from './route-conflicts.ts'
import type { Address, Config } from './types.ts'

/** What holds between the parts of a configuration: references, names, addresses, routes. */
export function configIssues(config: Config, locator: Locator): ConfigIssue[] {
  return [
    ...duplicateNames(config, locator),
    ...addressClashes(config, locator),
    ...danglingServices(config, locator),
    ...routeIssues(config, locator),
  ]
}

/** An issue at a path of the merged document. */
export function issueAt(
  locator: Locator,
  path: DocumentPath,
  reason: string,
  hint?: string,
  part: 'key' | 'value' = 'value',
): ConfigIssue {
  const place = locator.place(path, part)
  return {
    pointer: toPointer(path),
    reason,
    ...(hint === undefined ? {} : { hint }),
    ...(place === undefined ? {} : { place }),
  }
}

function duplicateNames(config: Config, locator: Locator): ConfigIssue[] {
  return (['listeners', 'routes'] as const).flatMap(section => {
    const first = new Map<string, number>()
    return config[section].flatMap(({ name }, i) => {
      const before = first.get(name)
      if (before === undefined) {
        first.set(name, i)
        return []
      }
      const other = config[section][before]?.at
      const where = other === undefined ? '' : ` (the other one is at ${other.file}:${other.line})`
      return [
        issueAt(
          locator,
          [section, i, 'name'],
          `is the second of this name${where}`,
          'names are unique; they appear in events and metrics',
        ),
      ]
    })
  })
}

function addressClashes(config: Config, locator: Locator): ConfigIssue[] {
  const all: Array<readonly [Address, DocumentPath]> = config.listeners.map((listener, i) => [
    listener.address,
    ['listeners', i, 'address'],
  ])
  if (config.control !== null) {
    all.push([config.control.address, ['control', 'address']])
    if (config.control.health !== null) all.push([config.control.health, ['control', 'health']])
  }
  const otlp = config.insight?.otlp ?? null
  if (otlp !== null) all.push([otlp.address, ['insight', 'otlp', 'address']])
  return all.flatMap(([address, path], i) => {
    const before = all.slice(0, i).find(([other]) => overlap(other, address))
    if (before === undefined) return []
    const place = locator.place(before[1], 'value')
    const where = place === undefined ? '' : ` (${place.file}:${place.line})`
    const same = formatAddress(before[0]) === formatAddress(address)
    const reason = `is used already by ${toPointer(before[1])}${where}`
    return [issueAt(locator, path, same ? reason : `${reason}: ${formatAddress(before[0])} covers it`)]
  })
}

/** Would the second of two listeners find its address taken? `::` is every address, IPv4 included. */
function overlap(a: Address, b: Address): boolean {
  if (a.kind === 'unix' || b.kind === 'unix') return a.kind === b.kind && formatAddress(a) === formatAddress(b)
  // Port 0 is another free port each time.
  if (a.port !== b.port || a.port === 0) return false
  const covers = (one: string, other: string): boolean =>
    one === '::' || one === other || (one === '0.0.0.0' && !other.includes(':'))
  return covers(a.host, b.host) || covers(b.host, a.host)
}

function danglingServices(config: Config, locator: Locator): ConfigIssue[] {
  const known = new Set(config.services.map(service => service.name))
  return config.routes.flatMap((route, i) =>
    known.has(route.service)
      ? []
      : [unknownWord(route.service, ['routes', i, 'service'], 'service', [...known], locator)],
  )
}

function routeIssues(config: Config, locator: Locator): ConfigIssue[] {
  const conflicts = routeConflicts(config.routes).map(({ route, other, reason, hint }) => {
    const place = config.routes[other]?.at
    const where = place === undefined ? '' : ` (${place.file}:${place.line})`
    return issueAt(locator, ['routes', route, 'match'], `${reason}${where}`, hint)
  })
  const prefixes = config.routes.flatMap((route, i) =>
    route.stripPrefix && /^\/(?:\{|\*\*|$)/.test(route.match.path)
      ? [issueAt(locator, ['routes', i, 'stripPrefix'], 'does nothing: the path has no literal beginning')]
      : [],
  )
  return [...conflicts, ...prefixes]
}
