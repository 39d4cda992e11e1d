import type { Metric } from '../../baselines/baseline.ts'
import { createChainWatch, type WatchedChain } from '../../detection/chain-watch.ts'
import { count } from '../../detection/words.ts'
import type { Label } from '../../signatures/call-shape.ts'
import type { ChainJudgement } from '../../signatures/judge-chain.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'

const changed: Metric = {
  name: 'structure',
  unit: 'powers of ten of how rarely chains differ so',
  floor: 1.5,
}
const repeated: Metric = { name: 'loops', unit: 'spreads of the usual number of repetitions', floor: 6, elastic: true }

/** Samples of the warm-up that one chain is worth: chains of one operation are few kinds, and what all of them have is soon clear. */
const worth = 8

/** Services call each other otherwise than they do below an operation: more, fewer, from elsewhere, more often. */
export const chainStructure: Detector<NoSettings> = {
  name: 'chain-structure',
  schema: noSettings,
  defaults: {},
  findings: {
    'chain-changed': {
      title: 'services call each other as they never did',
      severity: 'high',
      references: ['API10:2023', 'API8:2023', 'T1199', 'T1565'],
    },
    'chain-repeated': {
      title: 'a call is repeated far more often than usual',
      severity: 'medium',
      references: ['API4:2023', 'T1499.003'],
    },
  },
  create(_, host) {
    const watch = createChainWatch()

    function report(code: string, axes: readonly string[], watched: WatchedChain, judged: ChainJudgement): boolean {
      const metric = code === 'chain-changed' ? changed : repeated
      const value = axes.reduce((sum, axis) => sum + (judged.deviation[axis] ?? 0), 0)
      const { entry, timeMs, caller, chain } = watched
      const baseline = host.baseline(metric, entry)
      const called = caller?.operation ?? entry
      const { abnormal, threshold } = baseline.judge(value, timeMs)
      if (!abnormal) {
        baseline.learn(value, timeMs)
        return false
      }
      const clauses = judged.explain().filter(({ axis }) => axes.includes(axis))
      const texts = clauses.slice(0, 5).map(({ text }) => text)
      const seen = watch.store.entry(chain.shape.labels[0] as Label)?.count ?? 0
      host.report({
        code,
        actor: null,
        addresses: [],
        operations: [called],
        firstMs: timeMs - Math.round(chain.wholeMs),
        lastMs: timeMs,
        deviation: value,
        threshold,
        evidence: [...texts, `similarity ${judged.similarity.toFixed(2)} to ${judged.signature ?? 'none'}`],
        normal: `${baseline.describe()}; ${count(seen, 'chain')} of ${called} learnt`,
        explanation: `Below ${called}: ${texts.length === 0 ? 'a chain that was hardly ever seen' : texts.join('; ')}.`,
        about: `${entry} ${code}`,
        events: caller === null ? [] : [caller.event],
      })
      return true
    }

    return {
      take: moment => watch.note(moment),
      takeTree(ended) {
        const watched = watch.read(ended)
        const { chain, entry, caller, timeMs } = watched
        const known = watch.store.find(chain.shape) !== undefined
        const learnt = watch.store.entry(chain.shape.labels[0] as Label)
        // An operation that is new itself has nothing to be compared with.
        const warm = learnt !== undefined && host.isWarm(learnt.count * worth, watch.firstMs(entry, timeMs))
        if (!warm) {
          if (caller?.learnable !== false) watch.learn(watched)
          return
        }
        if (!known && !watch.affords(chain, timeMs)) return
        const judged = watch.judge(chain)
        // What fails ends early: that calls are missing says nothing then, but what it calls besides does.
        const axes = caller?.answered === false ? ['inserted'] : ['structure', 'inserted']
        const isChanged = report('chain-changed', axes, watched, judged)
        const isRepeated = report('chain-repeated', ['loops'], watched, judged)
        if (caller?.learnable === false) return
        // Seen often and by many it becomes normal although it is told until then: that is what a release looks like.
        const admitted =
          (known && !isChanged) ||
          (caller !== null &&
            host.quarantine.see(`chain-structure ${chain.shape.name}`, caller.name, timeMs) === 'known')
        if (admitted && !isRepeated) watch.learn(watched)
      },
      changes: () => watch.changes(),
      restore: rows => watch.restore(rows),
    }
  },
}
