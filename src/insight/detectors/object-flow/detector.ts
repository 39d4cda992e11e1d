// Hot path: once per event.
import { sketchHash } from '../../../lib/hyper-log-log.ts'
import { ActorRates, lengthOf, type Scale } from '../../detection/actor-rates.ts'
import { eachId, variablesOf } from '../../detection/ids-of.ts'
import type { Moment } from '../../detection/moment.ts'
import { latestOf } from '../../detection/trail.ts'
import { count, figure } from '../../detection/words.ts'
import type { Detector } from '../detector.ts'
import { type Flow, FlowRates } from './flow-rates.ts'
import { IdMemory, idNumber } from './id-memory.ts'

export interface ObjectFlowConfig {
  /** Ids remembered in one of two generations. */
  readonly ids: number
}

const DAY_MS = 86_400_000
const scales: readonly Scale[] = [
  { windowMs: 3_600_000, metric: { name: 'foreign-1h', unit: 'nats of surprise in an hour', floor: 7 } },
  { windowMs: 86_400_000, metric: { name: 'foreign-1d', unit: 'nats of surprise in a day', floor: 14 } },
]
/** Surprise that is no surprise, nats per call. */
const ease = 2
/** Ids of one body that are looked at. */
const idsMax = 32

/** Broken object-level authorization (OWASP API1:2023): an id is used that was never given to this caller, and is somebody else's. */
export const objectFlow: Detector<ObjectFlowConfig> = {
  name: 'object-flow',
  schema: async () => (await import('./schema.ts')).schema,
  defaults: { ids: 250_000 },
  weight: 2,
  findings: {
    'foreign-object': {
      title: 'objects of others',
      severity: 'critical',
      references: ['API1:2023', 'T1213'],
    },
  },
  create({ ids }, host) {
    const memory = new IdMemory(ids)
    const flows = new FlowRates()
    const rates = new ActorRates(host, { scales })
    let firstMs = 0
    let day = -1

    /** How the id came to the caller, and how surprising that is; it is learnt and given when nobody objects. */
    function judge(hash: string, place: string, caller: number, learn: boolean): readonly [number, Flow] {
      const id = idNumber(hash)
      const flow: Flow = memory.has(id, caller) ? 'had' : memory.ownerOf(id) === undefined ? 'unknown' : 'foreign'
      const surprise = flows.surprise(place, flow)
      if (learn) {
        flows.learn(place, flow)
        memory.give(id, caller)
      }
      return [surprise, flow]
    }

    return {
      take(moment) {
        const { actor, operation, record, timeMs, learnable } = moment
        if (operation === null || actor.kind === 'address' || record.observation === null) return
        if (firstMs === 0) firstMs = timeMs
        const today = Math.floor(timeMs / DAY_MS)
        if (today > day) {
          if (day >= 0) flows.fade(today - day)
          day = today
        }
        const caller = sketchHash(actor.name)
        let worst = 0
        let worstPlace = ''
        let worstFlow = 'had' as Flow
        const look = (hash: string, place: string): void => {
          const [surprise, flow] = judge(hash, place, caller, learnable)
          if (surprise <= worst) return
          worst = surprise
          worstPlace = place
          worstFlow = flow
        }
        eachSentId(moment, look)
        if (learnable)
          eachId(record.observation.response?.shape, idsMax, (hash, field) => look(hash, `${operation} > ${field}`))
        if (worst - ease <= 0 || !host.isWarm(flows.uses, firstMs)) {
          rates.touch(actor, timeMs)
          return
        }
        const much = rates.add(actor, timeMs, worst - ease)
        if (much === null) return
        const { uses, foreign, unknown } = flows.seen(worstPlace)
        const odd = worstFlow === 'foreign' ? foreign : unknown
        const how = worstFlow === 'foreign' ? "somebody else's" : 'nobody had before'
        host.report({
          code: 'foreign-object',
          actor,
          ...latestOf(actor, much.firstMs),
          firstMs: much.firstMs,
          lastMs: timeMs,
          deviation: much.value,
          threshold: much.threshold,
          evidence: [
            `ids in ${worstPlace} that are ${how}`,
            `there it was so ${count(odd, 'time')} in ${figure(uses)}`,
          ],
          normal: `${figure(uses - odd)} of ${figure(uses)} ids there had been given to their caller, or were new`,
          explanation: `${actor.name} used or received ids that are ${how}, in ${worstPlace}, within ${lengthOf(much.scale.windowMs)}; that happened ${count(odd, 'time')} in ${figure(uses)} uses.`,
        })
      },
      changes: () => flows.changes(),
      restore(rows) {
        for (const [place, text] of rows) flows.restoreRow(place, text)
      },
    }
  },
}

/** Ids that the caller sent: in the path, the query, the body. */
function eachSentId({ record, operation }: Moment, look: (hash: string, place: string) => void): void {
  const { observation } = record
  if (observation === null || operation === null) return
  for (const i of variablesOf(operation)) {
    const hash = observation.path[i]?.hash
    if (hash !== undefined) look(hash, `${operation} path ${i}`)
  }
  for (const { name, shape } of observation.query)
    if (shape.hash !== undefined && shape.value === undefined) look(shape.hash, `${operation} ?${name}`)
  eachId(observation.request?.shape, idsMax, (hash, field) => look(hash, `${operation} < ${field}`))
}
