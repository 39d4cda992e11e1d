import type { Operation, Standing } from '../../src/insight/model/operation.ts'
import type { LearntBed } from './learnt-bed.ts'

/** `service METHOD template` without the names of the variables. */
export function shapeOf(id: string): string {
  return id.replace(/\{[^{}/]*\}/g, '{}')
}

/** What the inventory says of each true operation, by shape; operations that are not there are not in it. */
export function found({ parts }: LearntBed): ReadonlyMap<string, Operation> {
  return new Map(parts.inventory.operations().map(operation => [shapeOf(operation.id), operation]))
}

/** True operations that the inventory has under exactly their name, those that it has under another, and what it has besides. */
export function compared(bed: LearntBed) {
  const operations = found(bed)
  const shapes = new Set(bed.truth.operations.map(({ id }) => shapeOf(id)))
  const wrong = bed.truth.operations
    .filter(({ id, used }) => {
      const operation = operations.get(shapeOf(id))
      return operation === undefined || operation.id !== id || operation.used !== used
    })
    .map(({ id }) => id)
  const invented = [...operations].filter(([shape]) => !shapes.has(shape)).map(([, { id }]) => id)
  const alone = new Set(bed.fromTraffic.operations().map(({ id }) => shapeOf(id)))
  const used = bed.truth.operations.filter(one => one.used)
  return {
    right: bed.truth.operations.length - wrong.length,
    wrong,
    invented,
    used: used.length,
    fromTraffic: used.filter(({ id }) => alone.has(shapeOf(id))).length,
    inventedFromTraffic: [...alone].filter(shape => !shapes.has(shape)).length,
  }
}

/** Operations whose standing is not the true one, and how many have a standing of any kind. */
export function standings(bed: LearntBed) {
  const operations = found(bed)
  const { shadow, zombie, orphan } = bed.truth
  const lists: ReadonlyArray<readonly [Standing, ReadonlySet<string>]> = [
    ['shadow', new Set(shadow)],
    ['zombie', new Set(zombie)],
    ['orphan', new Set(orphan)],
  ]
  const ids = new Set([
    ...lists.flatMap(([, set]) => [...set]),
    ...bed.parts.inventory.operations().flatMap(({ id, standing }) => (standing.length > 0 ? [id] : [])),
  ])
  const wrong = [...ids].filter(id => {
    const expected = lists.filter(([, set]) => set.has(id)).map(([name]) => name)
    return (operations.get(shapeOf(id))?.standing ?? []).join() !== expected.join()
  })
  return { of: ids.size, wrong }
}
