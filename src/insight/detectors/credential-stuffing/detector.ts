// Hot path: once per event.
import { byActor, byMany } from '../../detection/exceeded.ts'
import { sketchHash } from '../../../lib/hyper-log-log.ts'
import { ActorRates, lengthOf, type Scale } from '../../detection/actor-rates.ts'
import { GroupRates, type GroupExceeded } from '../../detection/group-rates.ts'
import type { Moment } from '../../detection/moment.ts'
import { count, figure, named } from '../../detection/words.ts'
import type { Shape } from '../../model/observation.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'

const ofSource: readonly Scale[] = [
  { windowMs: 600_000, metric: { name: 'source-10m', unit: 'accounts with failed proofs in 10 minutes', floor: 4 } },
  { windowMs: 21_600_000, metric: { name: 'source-6h', unit: 'accounts with failed proofs in 6 hours', floor: 8 } },
]
const ofAccount: readonly Scale[] = [
  { windowMs: 600_000, metric: { name: 'account-10m', unit: 'failed proofs of one account in 10 minutes', floor: 8 } },
  { windowMs: 21_600_000, metric: { name: 'account-6h', unit: 'failed proofs of one account in 6 hours', floor: 12 } },
]
const ofOperation: readonly Scale[] = [
  {
    windowMs: 600_000,
    metric: {
      name: 'operation-10m',
      unit: 'above the usual (√failed proofs in 10 minutes)',
      floor: 2.5,
      elastic: true,
    },
  },
  {
    windowMs: 3_600_000,
    metric: { name: 'operation-1h', unit: 'above the usual (√failed proofs in an hour)', floor: 3, elastic: true },
  },
]
const spreadMin = 5

/** Passwords of others: a list of pairs, or one account and many passwords; from one address, slowly, or from many. */
export const credentialStuffing: Detector<NoSettings> = {
  name: 'credential-stuffing',
  schema: noSettings,
  defaults: {},
  findings: {
    stuffing: {
      title: 'one address fails to prove who it is, again and again',
      severity: 'high',
      references: ['API2:2023', 'T1110.004'],
    },
    guessing: {
      title: 'the secret of one account is guessed',
      severity: 'high',
      references: ['API2:2023', 'T1110.001'],
    },
    'spread-stuffing': {
      title: 'many addresses together try credentials',
      severity: 'high',
      references: ['API2:2023', 'T1110.004', 'T1110.003'],
    },
  },
  create(_, host) {
    const sources = new ActorRates(host, { scales: ofSource, distinct: true })
    const accounts = new GroupRates(host, { scales: ofAccount })
    const operations = new GroupRates(host, { scales: ofOperation, own: true })

    function ofGroup(
      code: string,
      much: GroupExceeded,
      { timeMs, operation, record }: Moment,
      { what, about }: { readonly what: string; readonly about: string },
    ): void {
      const length = lengthOf(much.scale.windowMs)
      host.report({
        code,
        ...byMany(much, timeMs),
        about,
        operations: [operation ?? `${record.event.method} ${record.event.path.slice(0, 200)}`],
        evidence: [
          `${count(much.sum, 'failed proof')} ${what} within ${length}`,
          `from ${count(much.by.length, 'address', 'addresses')}`,
        ],
        normal: much.baseline.describe(),
        explanation: `${count(much.sum, 'proof')} ${what} failed within ${length}, from ${named(much.by.map(([one]) => one.name))}: ${much.baseline.describe()}.`,
        events: [record.event.id],
      })
    }

    return {
      take(moment) {
        const { source, timeMs, operation, record } = moment
        if (!isFailedProof(moment)) {
          if (!moment.learnable || moment.principal !== null) return
          sources.touch(source, timeMs)
          if (operation !== null && record.observation?.request != null) operations.touch(operation, timeMs)
          return
        }
        const account = accountOf(moment)
        if (account !== null) {
          const much = accounts.add(account, source, { timeMs, amount: 1 })
          if (much !== null) ofGroup('guessing', much, moment, { what: `of one account (${account})`, about: account })
        }
        // Who has forgotten a password tries one account, and has a baseline for that; a credential without an account is another each time.
        const much = sources.add(source, timeMs, sketchHash(account ?? record.event.id))
        if (much !== null) {
          const length = lengthOf(much.scale.windowMs)
          host.report({
            code: 'stuffing',
            ...byActor(source, much, timeMs),
            evidence: [
              `failed proofs of ${count(much.count, 'account')} or token within ${length}`,
              `allowed ${figure(much.threshold)}`,
            ],
            normal: much.baseline.describe(),
            explanation: `${source.name} failed to prove that it is who it says, for ${count(much.count, 'account')} or token, within ${length}: ${much.baseline.describe()}.`,
          })
        }
        if (operation === null || !moment.reached) return
        const spread = operations.add(operation, source, { timeMs, amount: 1 })
        if (spread !== null && spread.by.length >= spreadMin && (spread.by[0]?.[1] ?? 0) <= spread.sum / 2)
          ofGroup('spread-stuffing', spread, moment, { what: `at ${operation}`, about: operation })
      },
    }
  },
}

/** The service did not believe what was sent to it, or the gateway did not believe a credential that was there. */
function isFailedProof({ record, reached, principal }: Moment): boolean {
  const { status, upstreamStatus, code } = record.event
  if (!reached) return code === 'credential-invalid'
  if (principal !== null || (upstreamStatus ?? status) !== 401) return false
  return record.observation === null ? record.event.method === 'POST' : record.observation.request !== null
}

/** Keyed hash of the account that the call was about, as far as its body says. */
function accountOf({ record }: Moment): string | null {
  const shape: Shape | null = record.observation?.request?.shape ?? null
  if (shape === null || shape.kind !== 'object') return null
  for (const [name, field] of Object.entries(shape.fields)) {
    if (field.kind === 'object' || field.kind === 'array' || field.hash === undefined) continue
    if (field.class === 'email' || field.class === 'phone' || /user|login|email|account|phone|name$/i.test(name))
      return field.hash
  }
  return null
}
