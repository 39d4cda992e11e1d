import type { Json } from '../../../../lib/canonical-json.ts'
import type { Chain } from '../../../signatures/chain.ts'
import { ChainSignatures } from '../../../signatures/chain-signatures.ts'
import { createChainJudge } from '../../../signatures/judge-chain.ts'
import type { Family, Model } from '../../model.ts'
import { type FileChain, readSpans } from './read-spans.ts'

/** Traces: which calls lead to which, how long each takes of its own, which fail, and how often they repeat. */
export const spans: Family<FileChain> = {
  format: 'spans',
  axes: [
    { name: 'structure', scale: 1 },
    { name: 'inserted', scale: 1 },
    { name: 'timing', scale: 3 },
    { name: 'status', scale: 1 },
    { name: 'loops', scale: 3 },
  ],
  read: readSpans,
  id: ({ id, number = id }) => number,
  // A trace id names one trace; the sum tells those apart that files of different sources gave one name.
  key: ({ id, selfMs }) => `${id} ${selfMs.reduce((sum, ms) => sum + ms, 0)}`,
  create: () => modelOf(new ChainSignatures()),
  restore: dump => modelOf(ChainSignatures.restore(dump)),
}

function modelOf(store: ChainSignatures): Model<Chain> {
  const judge = createChainJudge(store)
  return {
    learn: chain => store.learn(chain),
    judge: chain => judge.judge(chain),
    dump: () => store.dump() as unknown as Json,
  }
}
