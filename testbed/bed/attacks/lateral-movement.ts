import { serviceNamed, services } from '../estate.ts'
import { grantOf } from '../grants.ts'
import type { AttackClass, Stage } from './stage.ts'

/** By service: what it may call and never does, and what it may not call at all. */
const ways = services.map(({ name }) => {
  const inner = services.flatMap(({ operations }) => operations.filter(({ proof }) => proof === 'service'))
  const other = inner.filter(({ service }) => service !== name)
  return {
    name,
    needless: other.filter(operation => {
      const grant = grantOf(operation)
      return grant?.granted.includes(name) === true && !grant.used.includes(name)
    }),
    forbidden: other.filter(operation => grantOf(operation)?.granted.includes(name) !== true),
  }
})

function move(stage: Stage, from: (typeof ways)[number], operations: ReadonlyArray<{ readonly id: string }>): void {
  const count = stage.between({ dev: [6, 15], acceptance: [3, 20] })
  const gapMs = stage.between({ dev: [2_000, 20_000], acceptance: [1_000, 120_000] })
  let timeMs = stage.begin(count * gapMs * 2)
  const service = serviceNamed(from.name)
  const [pod] = stage.parts.day.cluster.at(from.name, timeMs)
  const actor = stage.actor(timeMs, {
    kind: 'service',
    name: from.name,
    address: pod?.address ?? '',
    agent: `${service.name}/1.${pod?.release ?? 0}`,
    forged: null,
  })
  for (let n = 0; n < count; n++) {
    timeMs += Math.floor(stage.random.around(gapMs, 0.6)) + 50
    stage.send(timeMs, actor, stage.random.pick(operations).id)
  }
}

/** A service calls another that it never calls, with the certificate that its workload has. */
export const lateralMovement: AttackClass = {
  name: 'lateral-movement',
  inside: true,
  chain: true,
  variants: {
    granted(stage) {
      const from = stage.random.pick(ways.filter(({ needless }) => needless.length > 0))
      move(stage, from, from.needless)
    },
    refused(stage) {
      const from = stage.random.pick(ways)
      move(stage, from, from.forbidden)
    },
  },
}
