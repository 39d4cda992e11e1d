import { createAligner } from '../../src/lib/alignment.ts'
import type { CallShape } from '../../src/insight/signatures/call-shape.ts'
import type { Chain } from '../../src/insight/signatures/chain.ts'
import { createChainJudge } from '../../src/insight/signatures/judge-chain.ts'
import { nearestChain } from '../../src/insight/signatures/nearest-chain.ts'
import { madeSignatures } from '../../quality/behaviour/chains/retrieval.ts'
import type { MicroCase } from './micro-case.ts'

const made = madeSignatures('bench', 10_000, 50)
const chain = (shape: CallShape): Chain => ({
  id: 't',
  shape,
  wholeMs: 12,
  selfMs: shape.labels.map(() => 1.2),
  runs: null,
  failed: null,
  silent: null,
})
const known = made.learnt.filter(({ labels }) => labels.length === 10).map(chain)
const unknown = Array.from({ length: 1_000 }, made.unseen)
const aligner = createAligner()
const judge = createChainJudge(made.store, aligner)
let place = 0

export const cases: readonly MicroCase[] = [
  { name: 'chains: judge 10 spans, exact of 10,000', run: () => judge.judge(known[place++ % known.length] as Chain) },
  {
    name: 'chains: nearest of 10,000 signatures',
    run: () => nearestChain(made.store, aligner, unknown[place++ % unknown.length] as CallShape),
  },
  {
    name: 'chains: judge a chain that is not known',
    run: () => judge.judge(chain(unknown[place++ % unknown.length] as CallShape)),
  },
]
