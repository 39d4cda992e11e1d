import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seenExchange } from '../../../test/support/seen-exchange.ts'
import { Inventory } from './inventory.ts'
import { takeEdit } from './take-edit.ts'

// The words of an operator, as the command line and the control API hand them on.

const calls = [
  '/users/17',
  '/users/29',
  '/users/31',
  '/users/44',
  '/users/me',
  '/reports/day',
  '/reports/week',
] as const

function learnt(): Inventory {
  const inventory = new Inventory()
  for (let i = 0; i < 70; i++) inventory.take(seenExchange('GET', calls[i % calls.length] as string, i))
  return inventory
}

const state = (inventory: Inventory): string => JSON.stringify([inventory.operations(), inventory.services()])
const said = { author: 'ada', reason: 'as it is' }

const kinds: ReadonlyArray<
  readonly [kind: string, words: readonly string[], holds: (inventory: Inventory) => boolean]
> = [
  ['pin', ['shop', '/reports/day'], inventory => find(inventory, '/reports/day')?.origin === 'operator'],
  ['merge', ['shop', '/reports/{span}'], inventory => find(inventory, '/reports/{span}')?.traffic.calls === 20],
  ['rename', ['shop', '/users/{id}', 'id', 'login'], inventory => find(inventory, '/users/{login}') !== undefined],
  ['ignore', ['shop GET /reports/day'], inventory => find(inventory, '/reports/day')?.ignored === true],
  ['state', ['shop GET /reports/day', 'retired'], inventory => find(inventory, '/reports/day')?.state === 'retired'],
  [
    'owner',
    ['shop', 'application=store', 'tenant=retail'],
    inventory => inventory.services()[0]?.owner?.tenant === 'retail',
  ],
  [
    'owner',
    ['shop GET /reports/day', 'contact=eve'],
    inventory => find(inventory, '/reports/day')?.owner?.contact === 'eve',
  ],
]

const find = (inventory: Inventory, template: string) => inventory.operations().find(one => one.template === template)

for (const [kind, words, holds] of kinds)
  test(`${kind} ${words.join(' ')}: holds, also after a restart, and is taken back exactly`, () => {
    const inventory = learnt()
    const before = state(inventory)
    assert.equal(holds(inventory), false)
    const done = takeEdit(inventory, { kind, words, ...said }, 0)
    assert.ok('edit' in done, JSON.stringify(done))
    assert.ok(holds(inventory), state(inventory))

    const again = new Inventory()
    const rows = [...inventory.changes()].flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]))
    again.restore(rows)
    assert.ok(holds(again))

    const back = takeEdit(inventory, { kind: 'undo', words: [String(done.edit.number)], ...said }, 0)
    assert.ok('edit' in back, JSON.stringify(back))
    assert.equal(state(inventory), before)
  })

test('split: one value is an operation of its own again, and is taken back exactly', () => {
  const inventory = learnt()
  takeEdit(inventory, { kind: 'merge', words: ['shop', '/users/{id}'], ...said }, 0)
  const before = state(inventory)
  assert.equal(find(inventory, '/users/me'), undefined)
  const done = takeEdit(inventory, { kind: 'split', words: ['shop', '/users/{id}', 'id', 'me'], ...said }, 0)
  assert.ok('edit' in done, JSON.stringify(done))
  assert.equal(find(inventory, '/users/me')?.traffic.calls, 10)
  takeEdit(inventory, { kind: 'undo', words: [String(done.edit.number)], ...said }, 0)
  assert.equal(state(inventory), before)
})

test('words that mean nothing are refused in words, and change nothing', () => {
  const inventory = learnt()
  const before = state(inventory)
  for (const [kind, ...words] of [
    ['paint', 'shop'],
    ['pin', 'shop'],
    ['merge', 'shop', 'no-template'],
    ['split', 'shop', '/users/{id}', 'id'],
    ['split', 'shop', '/users/{id}', 'no', 'me'],
    ['rename', 'shop', '/users/{id}', 'id', 'not a name'],
    ['ignore'],
    ['state', 'shop GET /reports/day', 'dead'],
    ['owner', 'shop'],
    ['owner', 'shop', 'colour=red'],
    ['undo', '99'],
    ['undo', 'x'],
  ] as const) {
    const done = takeEdit(inventory, { kind, words, ...said }, 0)
    assert.ok('refused' in done, `${kind} ${words.join(' ')}`)
  }
  assert.equal(state(inventory), before)
})
