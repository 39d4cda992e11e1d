import { readFileSync } from 'node:fs'
import { exportOpenApi } from '../../src/insight/inventory/openapi/export-openapi.ts'
import { constantMembers } from '../traffic/mutations.ts'
import { seeded } from '../traffic/seeded.ts'
import { sentCalls, type SentCall } from './calls.ts'
import { changed, changeKinds } from './changes.ts'
import { type Contract, contractOf } from './contract.ts'
import { bedFiles, type LearntBed } from './learnt-bed.ts'

/** Changed calls of one operation, for each kind of change, at most. */
const changedMax = 40

/** The documents that were learnt, as contracts by service. */
export function learntContracts({ parts, truth }: LearntBed): ReadonlyMap<string, Contract> {
  const operations = parts.inventory.operations({ strict: true })
  return new Map(
    [...new Set(truth.operations.map(({ service }) => service))].map(service => [
      service,
      contractOf(exportOpenApi(service, operations)),
    ]),
  )
}

/** Calls of the day after, against what was learnt of the day before; and whether the authors' own documents would have taken them. */
export async function benignDay(bed: LearntBed) {
  const learnt = learntContracts(bed)
  const { exchanges } = await bedFiles(bed.truth.seed, true)
  let of = 0
  let accepted = 0
  const why = new Map<string, number>()
  for await (const call of sentCalls(exchanges)) {
    of++
    const fault = contractFor(learnt, call)(call)
    if (fault === null) accepted++
    else {
      const words = `${call.service} ${call.method} ${kindOfPath(call.path)}: ${fault}`
      why.set(words, (why.get(words) ?? 0) + 1)
    }
  }
  return { of, accepted, why: [...why].sort((a, b) => b[1] - a[1]).map(([words, times]) => `${times} × ${words}`) }
}

/** The same calls with one thing wrong each. What the authors' own documents take is no mistake and is not counted. */
export async function changedDay(bed: LearntBed) {
  const learnt = learntContracts(bed)
  const authors = new Map(
    Object.entries(bed.files.documents).map(([service, file]) => [
      service,
      contractOf(JSON.parse(readFileSync(file, 'utf8')) as unknown),
    ]),
  )
  const random = seeded(`changes ${bed.truth.seed}`)
  const counts = new Map(changeKinds.map(kind => [kind, { of: 0, refused: 0 }]))
  let allowed = 0
  const { exchanges } = await bedFiles(bed.truth.seed, true)
  const groups = new Map<string, SentCall[]>()
  for await (const call of sentCalls(exchanges)) {
    // Of operations that no document names nobody says what is wrong.
    if (contractFor(authors, call)(call) !== null) continue
    const group = `${call.service} ${call.method} ${kindOfPath(call.path)}`
    const list = groups.get(group)
    if (list === undefined) groups.set(group, [call])
    else if (list.length < 400) list.push(call)
  }
  const missed = new Map<string, number>()
  for (const [group, calls] of groups) {
    const bodies = calls.map(({ body }) => body).filter(body => typeof body === 'object' && body !== null)
    const names = new Set(calls.flatMap(({ query }) => query.map(([name]) => name)))
    const known = {
      constant: constantMembers(bodies),
      constantQuery: new Set(
        [...names].filter(name => calls.every(({ query }) => query.some(([sent]) => sent === name))),
      ),
    }
    for (const call of calls.slice(0, changedMax))
      for (const kind of changeKinds) {
        const wrong = changed(call, kind, random, known)
        if (wrong === null) continue
        if (contractFor(authors, wrong)(wrong) === null) {
          allowed++
          continue
        }
        const count = counts.get(kind) as { of: number; refused: number }
        count.of++
        if (contractFor(learnt, wrong)(wrong) !== null) count.refused++
        else missed.set(`${kind} ${group}`, (missed.get(`${kind} ${group}`) ?? 0) + 1)
      }
  }
  return {
    counts,
    allowed,
    missed: [...missed].sort((a, b) => b[1] - a[1]).map(([words, times]) => `${times} × ${words}`),
  }
}

function contractFor(contracts: ReadonlyMap<string, Contract>, { service }: SentCall): Contract {
  const contract = contracts.get(service)
  if (contract === undefined) throw new Error(`there is no document of ${service}`)
  return contract
}

/** With ids as one, for words and groups. */
function kindOfPath(path: string): string {
  return path
    .split('/')
    .map(segment => (/\d|@/.test(segment) && !/^v\d$/.test(segment) ? '{}' : segment))
    .join('/')
}
