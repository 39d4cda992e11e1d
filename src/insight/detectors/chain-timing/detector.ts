import type { Metric } from '../../baselines/baseline.ts'
import { createChainWatch } from '../../detection/chain-watch.ts'
import { count, figure } from '../../detection/words.ts'
import type { Label } from '../../signatures/call-shape.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'

const strange: Metric = {
  name: 'timing',
  unit: 'spreads of the three strangest times of a chain',
  floor: 4,
  elastic: true,
}

/** Samples of the warm-up that one chain is worth: it has a time for each of its calls, and the same calls elsewhere stand in. */
const worth = 4

/** A known call chain takes other times than it does, in a call or in all. */
export const chainTiming: Detector<NoSettings> = {
  name: 'chain-timing',
  schema: noSettings,
  defaults: {},
  findings: {
    'chain-slow': {
      title: 'calls between services take other times than usual',
      severity: 'medium',
      references: ['API4:2023', 'API10:2023', 'T1499', 'T1557'],
    },
  },
  create(_, host) {
    const watch = host.shared('chains', createChainWatch)
    watch.join()

    return {
      take: moment => watch.note(moment),
      takeTree(ended) {
        const watched = watch.read(ended)
        const { chain, entry, caller, timeMs } = watched
        const learnable = caller?.learnable !== false
        const signature = watch.store.find(chain.shape)
        const learnt = watch.store.entry(chain.shape.labels[0] as Label)
        const warm = learnt !== undefined && host.isWarm(learnt.count * worth, watch.firstMs(entry, timeMs))
        if (signature === undefined || !warm) {
          const admitted =
            !warm ||
            (caller !== null &&
              host.quarantine.see(`chain-timing ${chain.shape.name}`, caller.name, timeMs) === 'known')
          if (learnable && admitted) watch.accept(watched)
          return
        }
        const judged = watch.judge(chain)
        const value = judged.deviation['timing'] ?? Number.NaN
        if (Number.isNaN(value)) {
          // It says nothing of times, and may be like any other.
          if (learnable) watch.accept(watched)
          return
        }
        const baseline = host.baseline(strange, entry)
        const { abnormal, threshold } = baseline.judge(value, timeMs)
        if (!abnormal) {
          if (!learnable) return
          baseline.learn(value, timeMs)
          watch.accept(watched)
          return
        }
        const texts = judged
          .explain()
          .filter(({ axis }) => axis === 'timing')
          .slice(0, 3)
          .map(({ text }) => text)
        const called = caller?.operation ?? entry
        host.report({
          code: 'chain-slow',
          actor: null,
          addresses: [],
          operations: [called],
          firstMs: timeMs - Math.round(chain.wholeMs),
          lastMs: timeMs,
          deviation: value,
          threshold,
          evidence: [...texts, `${figure(value)} spreads, ${figure(threshold)} allowed`],
          normal: `${baseline.describe()}; ${count(signature.count, 'such chain')} learnt`,
          explanation: `Below ${called}: ${texts.length === 0 ? 'several times are not as usual' : texts.join('; ')}.`,
          about: `${entry} chain-slow`,
          events: caller === null ? [] : [caller.event],
        })
      },
    }
  },
}
