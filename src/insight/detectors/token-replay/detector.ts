// Hot path: once per event.
import { byActor } from '../../detection/exceeded.ts'
import { sketchHash } from '../../../lib/hyper-log-log.ts'
import { ActorRates, lengthOf, type Scale } from '../../detection/actor-rates.ts'
import type { Moment } from '../../detection/moment.ts'
import { latestOf } from '../../detection/trail.ts'
import { count, figure } from '../../detection/words.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'
import { emptyPace, type Pace, repeatedPauses } from './repeated-pace.ts'

const scales: readonly Scale[] = [
  {
    windowMs: 600_000,
    metric: { name: 'switches-10m', unit: 'above its habit (√returns to another network in 10 minutes)', floor: 1.3 },
  },
  {
    windowMs: 3_600_000,
    metric: { name: 'switches-1h', unit: 'above its habit (√returns to another network in an hour)', floor: 1.3 },
  },
]
const repeats: readonly Scale[] = [
  {
    windowMs: 3_600_000,
    metric: {
      name: 'repeats-1h',
      unit: 'calls after the pauses of earlier ones from elsewhere, in an hour',
      floor: 0.5,
    },
  },
]
/** Different pauses that were there before, one after the other, until a session counts as played again. */
const pausesMin = 3
/** Networks remembered per caller: coming back to one of the latest is the sign, moving on is not. */
const remembered = 4

interface Networks {
  /** The latest first. */
  readonly latest: string[]
  readonly addresses: string[]
}

/** Tokens of one caller that are looked at: a person has a few devices. */
const tokensMax = 6

/** One credential from two networks at once: calls go back and forth between them. */
export const tokenReplay: Detector<NoSettings> = {
  name: 'token-replay',
  schema: noSettings,
  defaults: {},
  findings: {
    'two-networks': {
      title: 'one credential from two networks in turns',
      severity: 'high',
      references: ['API2:2023', 'T1550.001'],
    },
    'session-played-again': {
      title: 'a recorded session is played again from elsewhere',
      severity: 'high',
      references: ['API2:2023', 'T1550.001', 'T1550.004'],
    },
  },
  create(_, host) {
    const rates = new ActorRates(host, { scales, own: true })
    const slot = host.slot<Map<string, Networks>>(() => new Map())
    const replays = new ActorRates(host, { scales: repeats })
    const paces = host.slot<Pace>(emptyPace)

    function lookForReplay({ actor, record, timeMs, network }: Moment): void {
      const call = sketchHash(`${record.event.method} ${record.event.path}`)
      // By its own clock: after a quiet hour the first calls count as if they had come before it.
      const atMs = Date.parse(record.event.time)
      const pauses = repeatedPauses(paces.of(actor), { call, timeMs: atMs, network: sketchHash(network) })
      if (pauses < pausesMin) {
        replays.touch(actor, timeMs)
        return
      }
      const much = replays.add(actor, timeMs, 1)
      if (much === null) return
      host.report({
        code: 'session-played-again',
        ...byActor(actor, much, timeMs),
        evidence: [
          `${count(pauses, 'pause')} of earlier calls, one after the other, to the tenth of a second`,
          'the same calls for the same objects in the same order, from another network',
        ],
        normal: much.baseline.describe(),
        explanation: `${actor.name} made the same calls as before in the same order from another network, after the same ${count(pauses, 'pause')} to the tenth of a second: a recorded session is played again.`,
      })
    }

    return {
      take(moment) {
        const { actor, timeMs, network, address, refused, record } = moment
        // A workload runs on many nodes with one name.
        if (actor.kind === 'address' || actor.method === 'mtls' || refused) return
        lookForReplay(moment)
        const tokens = slot.of(actor)
        // Two devices have a token each, and move about by themselves.
        const token = record.observation?.proof ?? ''
        const known = tokens.get(token) ?? { latest: [], addresses: [] }
        if (!tokens.has(token)) {
          if (tokens.size >= tokensMax) tokens.delete(tokens.keys().next().value as string)
          tokens.set(token, known)
        }
        const { latest, addresses } = known
        if (latest[0] === network) {
          rates.add(actor, timeMs, 0)
          return
        }
        const at = latest.indexOf(network)
        if (at !== -1) {
          latest.splice(at, 1)
          addresses.splice(at, 1)
        }
        latest.unshift(network)
        addresses.unshift(address)
        latest.length = Math.min(latest.length, remembered)
        addresses.length = latest.length
        // Back on a network that it had left: the token is in two places. A new one may be a train or a café.
        const much = rates.add(actor, timeMs, at === -1 ? 0 : 1)
        if (much === null) return
        const told = latestOf(actor, much.firstMs)
        host.report({
          code: 'two-networks',
          actor,
          ...told,
          addresses: [...new Set([...addresses, ...told.addresses])],
          firstMs: much.firstMs,
          lastMs: timeMs,
          deviation: much.value,
          threshold: much.threshold,
          evidence: [
            `${count(much.count, 'return')} to a network it had left, within ${lengthOf(much.scale.windowMs)}`,
            `networks ${latest.join(', ')}`,
          ],
          normal: much.baseline.describe(),
          explanation: `${actor.name} called from ${latest.join(' and ')} in turns, ${count(much.count, 'change')} within ${lengthOf(much.scale.windowMs)}; ${figure(rates.usual(actor, much.scale))} are usual.`,
        })
      },
    }
  },
}
