import { bedSeed, learntBed, type LearntBed } from '../bed/learnt-bed.ts'
import { benignDay, changedDay } from '../bed/enforced.ts'
import { leastPrivilege } from '../bed/least-privilege.ts'
import { compared, found, shapeOf, standings } from '../bed/operations.ts'
import { ownersOfCalls } from '../bed/owners.ts'
import { parentsOfSpans } from '../bed/spans.ts'
import { judgedBed } from '../bed/weaknesses.ts'
import type { QualityCase, QualityFigure } from '../quality-case.ts'

const world = `The test bed (\`testbed/bed\`, seed ${bedSeed}): eight services of two tenants, 320 people, partners and services among themselves, three roll-outs, some 33,000 calls a day through the readers and the learner
as files go, with the services' documents, the cluster's objects and the gateway's configuration.`

/** A case over the learnt bed. */
function bedCase(
  words: Omit<QualityCase, 'run' | 'method'> & { readonly method: string },
  measure: (bed: LearntBed) => QualityFigure | Promise<QualityFigure>,
): QualityCase {
  return { ...words, method: `${world} ${words.method}`, run: async () => measure(await learntBed()) }
}

/** All that is said of the bed as a whole estate. */
export const bed: readonly QualityCase[] = [
  bedCase(
    {
      name: 'bed-operations',
      what: 'bed: operations found and named right',
      must: '1.00',
      aim: '',
      method:
        'An operation is right when it is there under exactly its name and is told to be used or not; what is there and is no operation of the bed counts as wrong.',
    },
    learnt => {
      const { right, wrong, invented, ...alone } = compared(learnt)
      const of = right + wrong.length + invented.length
      return {
        value: right / of,
        of,
        holds: right === of,
        note: `${some(wrong, 'missing or misnamed')}, ${some(invented, 'invented')}; by traffic alone, without documents and configuration: ${alone.fromTraffic} of ${alone.used} found, ${alone.inventedFromTraffic} invented`,
      }
    },
  ),
  bedCase(
    {
      name: 'bed-standing',
      what: 'bed: shadow, zombie and orphan operations',
      must: '1.00',
      aim: '',
      method: 'Of all operations that have a standing or should have one: exactly the true one.',
    },
    learnt => {
      const { of, wrong } = standings(learnt)
      const { shadow, zombie, orphan } = learnt.truth
      return {
        value: (of - wrong.length) / of,
        of,
        holds: wrong.length === 0,
        note: `${shadow.length} shadow, ${zombie.length} zombie, ${orphan.length} orphan; ${some(wrong, 'wrong')}`,
      }
    },
  ),
  bedCase(
    {
      name: 'bed-owners',
      what: 'bed: owner over three roll-outs',
      must: '1.00',
      aim: '',
      method:
        'For the target of every call, and the address of every service that calls: pod, workload, service, application and tenant of whoever had that address at that time; addresses wander from service to service.',
    },
    async learnt => {
      const { of, right, wrong, releases, tenures, foreign } = await ownersOfCalls(learnt)
      return {
        value: right / of,
        of,
        holds: right === of && foreign.length === 0,
        note: `${releases} releases of eight services, ${tenures} tenures; ${some([...wrong, ...foreign], 'pods wrong')}`,
      }
    },
  ),
  bedCase(
    {
      name: 'bed-authentication',
      what: 'bed: authentication method named right',
      must: '≥ 0.99',
      aim: '1.00',
      method:
        'Of operations that were called: the one word for how (none, jwt, mtls, api-key, basic, bearer, session, mixed).',
    },
    learnt => {
      const operations = found(learnt)
      const used = learnt.truth.operations.filter(one => one.used)
      const wrong = used
        .filter(({ id, authentication }) => operations.get(shapeOf(id))?.authentication.verdict !== authentication)
        .map(({ id }) => id)
      const value = (used.length - wrong.length) / used.length
      return { value, of: used.length, holds: value >= 0.99, note: some(wrong, 'wrong') }
    },
  ),
  bedCase(
    {
      name: 'bed-openapi-benign',
      what: 'bed: exported OpenAPI against an unseen benign day: accepted',
      must: '≥ 0.999',
      aim: '1.00',
      method:
        'The documents that were learnt (strict schemas), compiled by the code of the policy `json-schema`, judge every call of the next day: operation, path, query, header fields and body.',
    },
    async learnt => {
      const { of, accepted, why } = await benignDay(learnt)
      const value = accepted / of
      return { value, of, holds: value >= 0.999, note: why.slice(0, 5).join('; ') || 'none refused' }
    },
  ),
  bedCase(
    {
      name: 'bed-openapi-changed',
      what: 'bed: exported OpenAPI against calls with one thing wrong: refused',
      must: '≥ 0.95',
      aim: '',
      method:
        "Up to 40 calls of the next day of each operation, each with one change: another type, a member or parameter missing, an unknown member or parameter, out of range, over-long, of a wrong form. Only changes that the authors' own documents refuse count.",
    },
    async learnt => {
      const { counts, allowed, missed } = await changedDay(learnt)
      const all = [...counts.values()]
      const of = all.reduce((sum, one) => sum + one.of, 0)
      const value = all.reduce((sum, one) => sum + one.refused, 0) / of
      const shares = [...counts].map(([kind, one]) => `${kind} ${(one.refused / one.of).toFixed(3)}`).join(', ')
      return {
        value,
        of,
        holds: value >= 0.95,
        note: `${shares}; ${allowed} changes were no mistakes${missed.length === 0 ? '' : `; missed: ${missed.slice(0, 3).join('; ')}`}`,
      }
    },
  ),
  bedCase(
    {
      name: 'bed-weaknesses',
      what: 'bed: seeded weaknesses under the four headings found; false findings in the note',
      must: '≥ 0.95, ≤ 1 false per 20 sound operations',
      aim: '1.00, 0',
      method:
        'The estate as posture judges it after the day. A weakness is found when the rule that is for it speaks about exactly its operation, route, listener or service. Every other finding is false, wherever it stands, unless the truth lists it as following from a weakness.',
    },
    learnt => {
      const judged = judgedBed(learnt)
      const value = (judged.underFour - judged.missedUnderFour) / judged.underFour
      return {
        value,
        of: judged.underFour,
        holds: judged.underFour >= 60 && value >= 0.95 && judged.untrue.length * 20 <= judged.sound,
        note: `${judged.byHeading}; with limits and surface ${judged.seeded - judged.missed.length} of ${judged.seeded}; ${some(judged.untrue, 'false')} over ${judged.sound} sound operations; ${some(judged.missed, 'missed')}`,
      }
    },
  ),
  bedCase(
    {
      name: 'bed-least-privilege',
      what: 'bed: least-privilege patch: unused permissions closed; benign calls refused in the note',
      must: '1.00, 0 refused',
      aim: '',
      method:
        "The patch of `surface`, applied to the bed's configuration and loaded. Every call of the next day, with its own proof, and every permission that nobody uses (grants of services and partners, operations, methods and paths that routes take besides), as a call that passed before, go through the router and the policies.",
    },
    async learnt => {
      const { benign, refused, spare, open } = await leastPrivilege(learnt)
      return {
        value: (spare - open.length) / spare,
        of: spare,
        holds: open.length === 0 && refused.length === 0,
        note: `${refused.length === 0 ? `0 of ${benign} benign calls refused` : `refused of ${benign}: ${refused.slice(0, 5).join('; ')}`}; ${some(open, 'left open')}`,
      }
    },
  ),
  bedCase(
    {
      name: 'bed-spans',
      what: 'bed: spans attached to the right parent, where it is present',
      must: '1.00',
      aim: '',
      method:
        'Spans of seven traced services and of the gateway, in the order in which they end; parents are known to the bed.',
    },
    learnt => {
      const { of, right, outside } = parentsOfSpans(learnt)
      return {
        value: right / of,
        of,
        holds: right === of,
        note: `${outside} of them have a parent that nobody recorded`,
      }
    },
  ),
]

/** `0 wrong`, `2 wrong (a; b)`. */
function some(list: readonly string[], what: string): string {
  return `${list.length} ${what}${list.length === 0 ? '' : ` (${list.slice(0, 4).join('; ')})`}`
}
