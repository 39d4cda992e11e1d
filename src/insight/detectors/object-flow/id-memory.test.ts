import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IdMemory, idNumber } from './id-memory.ts'

const id = (n: number): number => idNumber(n.toString(16).padStart(4, '0').repeat(4))

/** A store that takes rows as the state of the process does. */
function createStore(memory: IdMemory) {
  const tables = [new Map<string, string>(), new Map<string, string>()] as const
  let written = 0
  return {
    get rows() {
      return tables[0].size + tables[1].size
    },
    get written() {
      return written
    },
    save() {
      for (const [i, part] of [memory.owners, memory.given].entries())
        for (const [key, value] of part.changes()) {
          if (value === null) tables[i]?.delete(key)
          else tables[i]?.set(key, value)
          written += value?.length ?? 0
        }
    },
    reopened(each: number) {
      const again = new IdMemory(each)
      again.owners.restore(tables[0])
      again.given.restore(tables[1])
      return again
    },
  }
}

describe('who was given which id', () => {
  it('goes on over a restart, and over another one', () => {
    let memory = new IdMemory(5_000)
    let store = createStore(memory)
    for (let n = 0; n < 3_000; n++) {
      memory.give(id(n), n % 7)
      if (n % 100 === 0) store.save()
    }
    store.save()
    memory = store.reopened(5_000)
    const former = store
    store = createStore(memory)
    memory.give(id(1), 99)
    former.save()
    assert.deepEqual(
      [memory.ownerOf(id(1)), memory.has(id(1), 1), memory.has(id(1), 2), memory.has(id(1), 99)],
      [1, true, false, true],
    )
    for (let n = 0; n < 3_000; n++) assert.deepEqual([memory.ownerOf(id(n)), memory.has(id(n), n % 7)], [n % 7, true])
    assert.equal(memory.ownerOf(id(3_000)), undefined)
  })

  it('writes what came and no more, and forgets rows with their generation', () => {
    const memory = new IdMemory(4_096)
    const store = createStore(memory)
    for (let n = 0; n < 60_000; n++) {
      memory.give(id(n), 1)
      if (n % 500 === 0) store.save()
    }
    store.save()
    // Two generations of 4 and of 8 blocks.
    assert.ok(store.rows <= 8 + 16, `${store.rows} rows`)
    assert.ok(store.written < 60_000 * 2 * 15 * 4, `${store.written} characters`)
    const before = store.written
    store.save()
    assert.equal(store.written, before)
    const again = store.reopened(4_096)
    assert.deepEqual([again.ownerOf(id(59_999)), again.ownerOf(id(1)), again.has(id(59_000), 1)], [1, undefined, true])
    assert.equal(again.owners.damaged + again.given.damaged, 0)
  })

  it('is the same whether rows are taken or not, and does not grow where nobody takes them', () => {
    const taken = new IdMemory(1_000)
    const store = createStore(taken)
    const never = new IdMemory(1_000)
    for (let n = 0; n < 20_000; n++) {
      for (const memory of [taken, never]) memory.give(id(n % 3_000), n % 11)
      if (n % 10 === 0) store.save()
    }
    for (let n = 0; n < 3_000; n++) assert.equal(taken.ownerOf(id(n)), never.ownerOf(id(n)))
    assert.ok([...never.owners.changes(), ...never.given.changes()].length < 1_200)
  })

  it('skips rows that do not read, and counts them', () => {
    const memory = new IdMemory(1_000)
    memory.owners.restore([
      ['0 0', 'AAAA'],
      ['x', ''],
      ['0 1', ''],
      ['0 2', Buffer.from([5, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0]).toString('base64')],
    ])
    assert.deepEqual([memory.owners.damaged, memory.ownerOf(5)], [3, 9])
  })
})
