import type { Metric } from '../../baselines/baseline.ts'
import { createChainWatch, type WatchedChain } from '../../detection/chain-watch.ts'
import { count } from '../../detection/words.ts'
import type { Label } from '../../signatures/call-shape.ts'
import type { ChainJudgement } from '../../signatures/judge-chain.ts'
import type { CallTree } from '../../traces/call-tree.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'
import { CallOrder, type OrderedPair } from './call-order.ts'

const changed: Metric = {
  name: 'structure',
  unit: 'powers of ten of how rarely chains differ so',
  floor: 1.5,
}
const reordered: Metric = { name: 'order', unit: 'powers of ten of how rarely two calls come in this order', floor: 2 }
const repeated: Metric = { name: 'loops', unit: 'spreads of the usual number of repetitions', floor: 6, elastic: true }

/** Samples of the warm-up that one chain is worth: chains of one operation are few kinds, and what all of them have is soon clear. */
const worth = 8

/** A release, a service taken over: what is told of a chain that comes now and then is told once, ms. */
const joinMs = 86_400_000
/** New chains of one operation that are told apart: who makes ever new ones makes one anomaly of them. */
const toldApart = 8

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
    'chain-reordered': {
      title: 'a service makes its calls in another order',
      severity: 'medium',
      references: ['API10:2023', 'API6:2023', 'T1565'],
    },
    'chain-repeated': {
      title: 'a call is repeated far more often than usual',
      severity: 'medium',
      references: ['API4:2023', 'T1499.003'],
    },
  },
  create(_, host) {
    const order = new CallOrder()
    host.keep({ changes: () => order.changes(), restore: rows => order.restore(rows) })
    const watch = host.shared('chains', createChainWatch)
    watch.join()
    const told = new Map<string, Set<string>>()

    /** What makes an anomaly one: the entry operation, and what is new below it. */
    function about(entry: string, code: string, what: string): string {
      const key = `${entry} ${code}`
      let known = told.get(key)
      if (known === undefined) {
        if (told.size >= 1_024) told.clear()
        told.set(key, (known = new Set()))
      }
      if (known.size < toldApart) known.add(what)
      return known.has(what) ? `${key} ${what}` : key
    }

    /** Learns the orders that are not abnormal, or that several callers showed over time. */
    function judgeOrder({ entry, timeMs, caller }: WatchedChain, tree: CallTree, isWarm: boolean): void {
      const pairs = order.pairsOf(tree)
      if (pairs.length === 0) return
      const baseline = host.baseline(reordered, entry)
      let strangest: { readonly pair: OrderedPair; readonly threshold: number } | null = null
      let most = 0
      for (const pair of pairs) {
        const shape = `chain-structure order ${pair.key}`
        const { abnormal, threshold } = baseline.judge(pair.cost, timeMs)
        if (!isWarm || !abnormal || host.quarantine.standing(shape) === 'known') {
          most = Math.max(most, pair.cost)
          if (caller?.learnable !== false) order.learn(pair)
          continue
        }
        if (strangest === null || pair.cost > strangest.pair.cost) strangest = { pair, threshold }
        if (caller !== null && caller.learnable) host.quarantine.see(shape, caller.name, timeMs)
      }
      if (strangest === null) {
        if (caller?.learnable !== false && isWarm) baseline.learn(most, timeMs)
        return
      }
      const { pair, threshold } = strangest
      const { first, second, all, same, cost } = pair
      const text = `\`${pair.caller}\` calls \`${first}\` before \`${second}\`, as in ${count(same, 'chain')} of ${all}`
      const called = caller?.operation ?? entry
      host.report({
        code: 'chain-reordered',
        actor: null,
        addresses: [],
        operations: [called],
        firstMs: timeMs,
        lastMs: timeMs,
        deviation: cost,
        threshold,
        evidence: [text],
        normal: baseline.describe(),
        explanation: `Below ${called}: ${text}.`,
        about: about(entry, 'chain-reordered', pair.key),
        joinMs,
        events: caller === null ? [] : [caller.event],
      })
    }

    function report(code: string, axes: readonly string[], watched: WatchedChain, judged: ChainJudgement): boolean {
      const metric = code === 'chain-changed' ? changed : repeated
      const value = axes.reduce((sum, axis) => sum + (judged.deviation[axis] ?? 0), 0)
      const { entry, timeMs, caller, chain } = watched
      const baseline = host.baseline(metric, entry)
      const called = caller?.operation ?? entry
      const { abnormal, threshold } = baseline.judge(value, timeMs)
      if (!abnormal) {
        // What waits in the quarantine teaches nothing: a chain that comes daily until it is admitted would make every other new one normal.
        if (!judged.novel) baseline.learn(value, timeMs)
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
        about: code === 'chain-changed' ? about(entry, code, chain.shape.name.slice(0, 16)) : `${entry} ${code}`,
        joinMs,
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
        judgeOrder(watched, ended.tree, warm)
        if (!warm) {
          if (caller?.learnable !== false) watch.accept(watched)
          return
        }
        if (!known && !watch.affords(chain, timeMs)) return
        const judged = watch.judge(chain)
        // What fails ends early: that calls are missing says nothing then, but what it calls besides does.
        const axes = caller?.answered === false ? ['inserted'] : ['structure', 'inserted']
        const shape = `chain-structure ${chain.shape.name}`
        // Once admitted, a chain is normal however seldom it was learnt.
        const isAdmitted = known && host.quarantine.standing(shape) === 'known'
        const isChanged = !isAdmitted && report('chain-changed', axes, watched, judged)
        const isRepeated = report('chain-repeated', ['loops'], watched, judged)
        if (caller?.learnable === false) return
        // Seen often and by many it becomes normal although it is told until then: that is what a release looks like.
        const admitted =
          (known && !isChanged) || (caller !== null && host.quarantine.see(shape, caller.name, timeMs) === 'known')
        if (admitted && !isRepeated) watch.accept(watched)
      },
      lost: () => watch.lost + order.lost,
    }
  },
}
