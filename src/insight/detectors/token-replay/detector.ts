// Hot path: once per event.
import { byActor } from '../../detection/exceeded.ts'
import { fnv, fnvOn, mixed } from '../../../lib/hyper-log-log.ts'
import { withOne } from '../../../lib/short-list.ts'
import { timeMs as parsedMs } from '../../../lib/time-ms.ts'
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

/** Where one token of a caller was used. */
interface TokenUse {
  readonly token: string
  /** Networks, the latest first, and an address in each. */
  latest: readonly string[]
  addresses: readonly string[]
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
    const slot = host.slot<{ tokens: TokenUse[] }>(() => ({ tokens: [] }))
    const replays = new ActorRates(host, { scales: repeats })
    const paces = host.slot<Pace>(emptyPace)

    function lookForReplay({ actor, record, timeMs, networkHash }: Moment): void {
      const { method, path, time } = record.event
      const call = mixed(fnvOn(fnvOn(fnv(method), ' '), path))
      // By its own clock: after a quiet hour the first calls count as if they had come before it.
      const pauses = repeatedPauses(paces.of(actor), { call, timeMs: parsedMs(time), network: networkHash })
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
        // Two devices have a token each, and move about by themselves.
        const use = useOf(slot.of(actor), record.observation?.proof ?? '')
        const { latest, addresses } = use
        if (latest[0] === network) {
          rates.add(actor, timeMs, 0)
          return
        }
        const at = latest.indexOf(network)
        use.latest = withFirst(latest, network, at)
        use.addresses = withFirst(addresses, address, at)
        // Back on a network that it had left: the token is in two places. A new one may be a train or a café.
        const much = rates.add(actor, timeMs, at === -1 ? 0 : 1)
        if (much === null) return
        const told = latestOf(actor, much.firstMs)
        host.report({
          code: 'two-networks',
          actor,
          ...told,
          addresses: [...new Set([...use.addresses, ...told.addresses])],
          firstMs: much.firstMs,
          lastMs: timeMs,
          deviation: much.value,
          threshold: much.threshold,
          evidence: [
            `${count(much.count, 'return')} to a network it had left, within ${lengthOf(much.scale.windowMs)}`,
            `networks ${use.latest.join(', ')}`,
          ],
          normal: much.baseline.describe(),
          explanation: `${actor.name} called from ${use.latest.join(' and ')} in turns, ${count(much.count, 'change')} within ${lengthOf(much.scale.windowMs)}; ${figure(rates.usual(actor, much.scale))} are usual.`,
        })
      },
    }
  },
}

function useOf(of: { tokens: TokenUse[] }, token: string): TokenUse {
  for (const one of of.tokens) if (one.token === token) return one
  const made: TokenUse = { token, latest: [], addresses: [] }
  if (of.tokens.length >= tokensMax) of.tokens.shift()
  of.tokens = withOne(of.tokens, made)
  return made
}

/** `one` in front, no longer where it stood before (-1: nowhere), and of the others as many as are remembered. */
function withFirst(list: readonly string[], one: string, before: number): readonly string[] {
  const others = before === -1 ? list.slice(0, remembered - 1) : list.filter((_, i) => i !== before)
  return [one, ...others]
}
