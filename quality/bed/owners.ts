import { addressOf } from '../../src/insight/inventory/owners/placement.ts'
import { sentCalls } from './calls.ts'
import type { LearntBed } from './learnt-bed.ts'

/** Who answered each call of the day, and who called where a service did, against who had the address then. */
export async function ownersOfCalls({ files, truth, parts }: LearntBed) {
  const byAddress = Map.groupBy(truth.placements, ({ address }) => address)
  const trueAt = (address: string, time: string) =>
    byAddress.get(address)?.find(({ from, to }) => from <= time && (to === null || time < to)) ?? null
  let of = 0
  let right = 0
  const wrong = new Map<string, number>()
  const changed = new Set<string>()
  for await (const { time, target, client, principal } of sentCalls(files.exchanges))
    for (const address of [addressOf(target), ...(principal.method === 'mtls' ? [client] : [])]) {
      const expected = trueAt(address, time)
      if (expected === null) throw new Error(`nobody had ${address} at ${time}`)
      const owner = parts.inventory.owners.ownerAt(address, Date.parse(time))
      of++
      changed.add(`${expected.service} ${expected.pod.split('-').at(-2)}`)
      if (
        owner?.pod === expected.pod &&
        owner.workload === expected.workload &&
        owner.service === expected.service &&
        owner.application === expected.application &&
        owner.tenant === expected.tenant
      )
        right++
      else wrong.set(expected.pod, (wrong.get(expected.pod) ?? 0) + 1)
    }
  // What the inventory says of a service over time, put together from the targets that served it.
  const pods = new Set(truth.placements.map(({ service, pod }) => `${service} ${pod}`))
  const told = new Set(
    [...new Set(truth.operations.map(({ service }) => service))].flatMap(service =>
      parts.inventory.tenures(service).map(({ owner }) => `${service} ${owner.pod}`),
    ),
  )
  const foreign = [...told].filter(one => !pods.has(one))
  return { of, right, wrong: [...wrong.keys()], releases: changed.size, tenures: told.size, foreign }
}
