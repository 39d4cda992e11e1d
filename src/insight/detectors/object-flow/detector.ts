// Hot path: once per event.
import { ActorRates, lengthOf, type Scale } from '../../detection/actor-rates.ts'
import { eachId, variablesOf } from '../../detection/ids-of.ts'
import type { Moment } from '../../detection/moment.ts'
import { latestOf } from '../../detection/trail.ts'
import { count, figure } from '../../detection/words.ts'
import type { Detector } from '../detector.ts'
import { type Flow, FlowRates } from './flow-rates.ts'
import { IdMemory, idNumber } from './id-memory.ts'
import { createPlaceNames } from './place-names.ts'

export interface ObjectFlowConfig {
  /** Ids remembered in one of two generations. */
  readonly ids: number
}

/** What a caller did today; null: nothing of it, as most. */
interface Lately {
  day: number
  /** Ids that were new, by place. */
  sent: Map<string, number> | null
  /** Ids that are somebody else's, by owner. */
  owners: Map<number, number> | null
}

interface Caller {
  readonly caller: number
  readonly lately: Lately
}

const placesMax = 64
const ownersMax = 64
const DAY_MS = 86_400_000
const scales: readonly Scale[] = [
  { windowMs: 3_600_000, metric: { name: 'foreign-1h', unit: 'nats of surprise in an hour', floor: 12 } },
  { windowMs: 86_400_000, metric: { name: 'foreign-1d', unit: 'nats of surprise in a day', floor: 16 } },
]
/** Surprise that is no surprise, nats per call: an id that nobody had before may be just new. */
const ease = { had: 0, foreign: 2, another: 3, unknown: 4 }
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
    const received = createPlaceNames('> ')
    const eachSentId = createSentIds()
    let firstMs = 0
    let day = -1

    const slot = host.slot<Lately>(() => ({ day: -1, sent: null, owners: null }))

    /** How an id came to the caller. Sent ones that are new are counted by place. */
    function flowOf(id: number, place: string, { caller, lately }: Caller): Flow {
      if (memory.has(id, caller)) return 'had'
      if (memory.ownerOf(id) !== undefined) return 'foreign'
      const sent = (lately.sent ??= new Map())
      const before = sent.get(place) ?? 0
      if (sent.size < placesMax || before > 0) sent.set(place, before + 1)
      return before > 0 ? 'another' : 'unknown'
    }

    return {
      take(moment) {
        const { actor, operation, record, timeMs, learnable } = moment
        // Workloads act for everybody: whose id it is says nothing of them.
        if (operation === null || actor.kind === 'address' || actor.method === 'mtls' || record.observation === null)
          return
        if (firstMs === 0) firstMs = timeMs
        const today = Math.floor(timeMs / DAY_MS)
        if (today > day) {
          if (day >= 0) flows.fade(today - day)
          day = today
        }
        const lately = slot.of(actor)
        if (today > lately.day) {
          lately.day = today
          lately.sent = lately.owners = null
        }
        const caller: Caller = { caller: actor.hash, lately }
        let worst = 0
        let worstPlace = ''
        let worstFlow = 'had' as Flow
        const look = (hash: string, place: string): void => {
          const id = idNumber(hash)
          const flow = flowOf(id, place, caller)
          let surprise = flows.surprise(place, flow) - ease[flow]
          if (flow === 'foreign' && surprise > 0) {
            // Whose it is may itself be a mistake: of each owner the first id counts, further ones less and less.
            const owner = memory.ownerOf(id) as number
            const owners = (lately.owners ??= new Map())
            const times = (owners.get(owner) ?? 0) + 1
            if (owners.size < ownersMax || times > 1) owners.set(owner, times)
            surprise /= times ** 2
          }
          if (flow === 'another') surprise /= ((lately.sent?.get(place) ?? 2) - 1) ** 2
          if (learnable) {
            flows.learn(place, flow)
            memory.give(id, caller.caller)
          }
          if (surprise <= worst) return
          worst = surprise
          worstPlace = place
          worstFlow = flow
        }
        eachSentId(moment, look)
        if (learnable)
          eachId(record.observation.response?.shape, idsMax, (hash, field) => look(hash, received(operation, field)))
        if (worst <= 0 || !host.isWarm(flows.uses, firstMs)) {
          rates.touch(actor, timeMs)
          return
        }
        const much = rates.add(actor, timeMs, worst)
        if (much === null) return
        const seen = flows.seen(worstPlace)
        const odd = worstFlow === 'had' ? 0 : seen[worstFlow]
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
            `there it was so ${count(odd, 'time')} in ${figure(seen.uses)}`,
            `of ${count(lately.owners?.size ?? 0, 'other caller')} today`,
          ],
          normal: `${figure(seen.uses - odd)} of ${figure(seen.uses)} ids there came as they should`,
          explanation: `${actor.name} used or received ids that are ${how}, in ${worstPlace}, within ${lengthOf(much.scale.windowMs)}; that happened ${count(odd, 'time')} in ${figure(seen.uses)} uses.`,
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
function createSentIds(): (moment: Moment, look: (hash: string, place: string) => void) => void {
  const inPath = createPlaceNames('path ')
  const inQuery = createPlaceNames('?')
  const inBody = createPlaceNames('< ')
  return ({ record, operation }, look) => {
    const { observation } = record
    if (observation === null || operation === null) return
    for (const i of variablesOf(operation)) {
      const hash = observation.path[i]?.hash
      if (hash !== undefined) look(hash, inPath(operation, i))
    }
    for (const { name, shape } of observation.query)
      if (shape.hash !== undefined && shape.value === undefined) look(shape.hash, inQuery(operation, name))
    eachId(observation.request?.shape, idsMax, (hash, field) => look(hash, inBody(operation, field)))
  }
}
