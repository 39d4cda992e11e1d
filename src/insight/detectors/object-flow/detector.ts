// Hot path: once per event.
import { byActor } from '../../detection/exceeded.ts'
import { ActorRates, lengthOf, type Scale } from '../../detection/actor-rates.ts'
import { eachId, variablesOf } from '../../detection/ids-of.ts'
import type { Moment } from '../../detection/moment.ts'
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
  /** How often it has taught, by flow and place. */
  taught: Map<string, number> | null
}

interface Caller {
  readonly caller: number
  readonly lately: Lately
}

/** Row of when it began; all others are named after places. */
const sinceRow = ''
const placesMax = 64
const ownersMax = 64
const DAY_MS = 86_400_000
const scales: readonly Scale[] = [
  { windowMs: 3_600_000, metric: { name: 'foreign-1h', unit: 'nats of surprise in an hour', floor: 12 } },
  { windowMs: 86_400_000, metric: { name: 'foreign-1d', unit: 'nats of surprise in a day', floor: 16 } },
]
/** Surprise that is no surprise, nats per call: an id that nobody had before may be just new. */
const ease = { had: 0, foreign: 2, another: 1.5, unknown: 4 }
/** What one caller sends teaches so often in a day: who uses many ids of others must not make it usual. */
const lessons = { had: Number.POSITIVE_INFINITY, foreign: 1, another: 3, unknown: 1 }
/** Of one call, nats. */
const sentMax = 8
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
    let written = '[0,-1]'
    host.keep({ changes: () => memory.owners.changes(), restore: rows => memory.owners.restore(rows) })
    host.keep({ changes: () => memory.given.changes(), restore: rows => memory.given.restore(rows) })

    const slot = host.slot<Lately>(() => ({ day: -1, sent: null, owners: null, taught: null }))

    /** How an id came to the caller. Sent ones that are new are counted by place. */
    function flowOf(id: number, place: string, { caller, lately }: Caller): Flow {
      if (memory.has(id, caller)) return 'had'
      if (memory.ownerOf(id) !== undefined) return 'foreign'
      const sent = (lately.sent ??= new Map())
      const before = sent.get(place) ?? 0
      if (sent.size < placesMax || before > 0) sent.set(place, before + 1)
      return before > 0 ? 'another' : 'unknown'
    }

    /** What one caller sends must not make it usual: neither by often, nor that ids of others are sent there at all. */
    function teaches(
      { actor, timeMs }: Moment,
      lately: Lately,
      { place, flow }: { place: string; flow: Flow },
    ): boolean {
      if (flow === 'had') return true
      const taught = (lately.taught ??= new Map())
      const key = `${flow} ${place}`
      const times = taught.get(key) ?? 0
      if (times >= lessons[flow] || (times === 0 && taught.size >= placesMax)) return false
      taught.set(key, times + 1)
      if (flow === 'unknown' || !host.isWarm(flows.uses, firstMs)) return true
      return host.quarantine.see(`object-flow ${flow} ${place}`, actor.name, timeMs) === 'known'
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
          lately.sent = lately.owners = lately.taught = null
        }
        const caller: Caller = { caller: actor.hash, lately }
        // What was sent was chosen, place by place; of what came with an answer, one thing may show in several.
        let sent = 0
        let worst = 0
        let worstPlace = ''
        let worstFlow = 'had' as Flow
        const look = (hash: string, place: string, isSent: boolean): number => {
          const id = idNumber(hash)
          const flow = flowOf(id, place, caller)
          let surprise = Math.max(0, flows.surprise(place, flow) - ease[flow])
          if (flow === 'foreign' && surprise > 0) {
            // Whose it is may itself be a mistake: of each owner the first id counts, further ones less and less.
            const owner = memory.ownerOf(id) as number
            const owners = (lately.owners ??= new Map())
            const times = (owners.get(owner) ?? 0) + 1
            if (owners.size < ownersMax || times > 1) owners.set(owner, times)
            surprise /= times ** 2
          }
          if (learnable) {
            if (!isSent || teaches(moment, lately, { place, flow })) flows.learn(place, flow)
            memory.give(id, caller.caller)
          }
          if (surprise <= worst) return surprise
          worst = surprise
          worstPlace = place
          worstFlow = flow
          return surprise
        }
        eachSentId(moment, (hash, place) => {
          sent += look(hash, place, true)
        })
        if (learnable)
          eachId(
            record.observation.response?.shape,
            idsMax,
            (hash, field) => void look(hash, received(operation, field), false),
          )
        const surprise = Math.max(worst, Math.min(sent, sentMax))
        if (surprise <= 0 || !host.isWarm(flows.uses, firstMs)) {
          rates.touch(actor, timeMs)
          return
        }
        const much = rates.add(actor, timeMs, surprise)
        if (much === null) return
        const seen = flows.seen(worstPlace)
        const odd = worstFlow === 'had' ? 0 : seen[worstFlow]
        const how = worstFlow === 'foreign' ? "somebody else's" : 'nobody had before'
        host.report({
          code: 'foreign-object',
          ...byActor(actor, much, timeMs),
          evidence: [
            `ids in ${worstPlace} that are ${how}`,
            `there it was so ${count(odd, 'time')} in ${figure(seen.uses)}`,
            `of ${count(lately.owners?.size ?? 0, 'other caller')} today`,
          ],
          normal: `${figure(seen.uses - odd)} of ${figure(seen.uses)} ids there came as they should`,
          explanation: `${actor.name} used or received ids that are ${how}, in ${worstPlace}, within ${lengthOf(much.scale.windowMs)}; that happened ${count(odd, 'time')} in ${figure(seen.uses)} uses.`,
        })
      },
      lost: () => flows.lost + memory.owners.damaged + memory.given.damaged,
      *changes() {
        const since = JSON.stringify([firstMs, day])
        if (since !== written) yield [sinceRow, since]
        written = since
        yield* flows.changes()
      },
      restore(rows) {
        for (const [place, text] of rows)
          if (place !== sinceRow) flows.restoreRow(place, text)
          else {
            ;[firstMs = 0, day = -1] = JSON.parse(text) as number[]
            written = text
          }
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
