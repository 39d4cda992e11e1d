// Hot path: once per event.
import { byActor } from '../../detection/exceeded.ts'
import { sketchHash } from '../../../lib/hyper-log-log.ts'
import { ActorRates, lengthOf, type Scale } from '../../detection/actor-rates.ts'
import type { Actor } from '../../detection/actors.ts'
import { GroupRates } from '../../detection/group-rates.ts'
import type { Moment } from '../../detection/moment.ts'
import { count, figure, named } from '../../detection/words.ts'
import type { Detector, DetectorHost } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'
import { createKnownNames } from './known-names.ts'

const scales: readonly Scale[] = [
  { windowMs: 600_000, metric: { name: 'misses-10m', unit: 'different misses in 10 minutes', floor: 4 } },
  { windowMs: 21_600_000, metric: { name: 'misses-6h', unit: 'different misses in 6 hours', floor: 8 } },
]
const together: readonly Scale[] = [
  { windowMs: 600_000, metric: { name: 'unknown-10m', unit: 'calls of what is not there in 10 minutes', floor: 12 } },
  { windowMs: 3_600_000, metric: { name: 'unknown-1h', unit: 'calls of what is not there in an hour', floor: 25 } },
]
/** Callers from which on an attack is spread. */
const spreadMin = 5

/** Looking for what is there: paths, methods, parameters and versions, and what the answers give away. Refused calls feed it, and nothing else. */
export const apiProbing: Detector<NoSettings> = {
  name: 'api-probing',
  schema: noSettings,
  defaults: {},
  findings: {
    probing: {
      title: 'one caller looks for what is there',
      severity: 'medium',
      references: ['API9:2023', 'API8:2023', 'T1595.003'],
    },
    'spread-probing': {
      title: 'many callers together look for what is there',
      severity: 'medium',
      references: ['API9:2023', 'API8:2023', 'T1595.003'],
    },
  },
  create(_, host) {
    const rates = new ActorRates(host, { scales, distinct: true })
    const groups = new GroupRates(host, { scales: together })
    const names = createKnownNames(host)
    return {
      take(moment) {
        const miss = missOf(moment)
        if (miss !== null) look(host, rates, moment, miss)
        else if (moment.learnable) idle(rates, moment)
        for (const name of names.unknown(moment))
          look(host, rates, moment, `parameter ${moment.operation ?? ''} ${name}`)
        if (miss?.startsWith('unknown ') === true) spread(host, groups, moment)
        else groups.touch('', moment.timeMs)
      },
      changes: names.changes,
      restore: names.restore,
    }
  },
}

/** What the call missed, so that the same miss again counts once; null: it missed nothing. */
function missOf({ record, operation, answered }: Moment): string | null {
  if (answered) return null
  const { method, path, status, code } = record.event
  if (operation === null) return `unknown ${method} ${path}`
  switch (status) {
    case 405:
    case 501:
      return `method ${operation}`
    case 400:
    case 413:
    case 415:
    case 422:
      return `refused ${operation} ${status} ${code ?? ''}`
    case 401:
    case 403:
      return `denied ${operation} ${status}`
    case 404:
    case 410:
      // Ids are another detector's business.
      return `absent ${operation}`
    default:
      return null
  }
}

function idle(rates: ActorRates, { source, timeMs }: Moment): void {
  rates.touch(source, timeMs)
}

function look(host: DetectorHost, rates: ActorRates, moment: Moment, miss: string): void {
  const { actor, source, timeMs } = moment
  const key = sketchHash(miss)
  const who: Actor[] = actor === source ? [source] : [actor, source]
  for (const one of who) {
    const much = rates.add(one, timeMs, key)
    if (much === null) {
      // Who was proved answers for it, not everybody at that address.
      if (rates.isTold(one)) break
      continue
    }
    const length = lengthOf(much.scale.windowMs)
    host.report({
      code: 'probing',
      ...byActor(one, much, timeMs),
      evidence: [
        `${count(much.count, 'different miss', 'different misses')} within ${length}`,
        `the latest: ${moment.record.event.method} answered ${moment.record.event.status}`,
      ],
      normal: much.baseline.describe(),
      explanation: `${one.name} asked for ${count(much.count, 'different thing')} that is not there or not allowed, within ${length}; at most ${figure(much.threshold)} are usual.`,
    })
    break
  }
}

function spread(host: DetectorHost, groups: GroupRates, { source, timeMs, operation, record }: Moment): void {
  const much = groups.add('', source, { timeMs, amount: 1 })
  if (much === null || much.by.length < spreadMin || (much.by[0]?.[1] ?? 0) > much.sum / 2) return
  const length = lengthOf(much.scale.windowMs)
  host.report({
    code: 'spread-probing',
    actor: null,
    about: 'everything',
    addresses: much.by.map(([one]) => one.name.slice('address '.length)),
    operations: [operation ?? `${record.event.method} ${record.event.path.slice(0, 200)}`],
    firstMs: much.firstMs,
    lastMs: timeMs,
    deviation: much.value,
    threshold: much.threshold,
    evidence: [
      `${count(much.sum, 'call')} of what is not there within ${length}`,
      `from ${count(much.by.length, 'address', 'addresses')}`,
    ],
    normal: much.baseline.describe(),
    explanation: `${count(much.by.length, 'address', 'addresses')} (${named(much.by.map(([one]) => one.name))}) together asked ${count(much.sum, 'time')} for what is not there, within ${length}; at most ${figure(much.threshold)} are usual.`,
    events: [record.event.id],
  })
}
