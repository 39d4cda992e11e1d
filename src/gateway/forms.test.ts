import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { PolicyEntry } from '../config/types.ts'
import type { Compiled, Policy } from '../core/policy.ts'
import { Forms } from './forms.ts'

const settings = { limit: 3 }
const entryOf = (use: string, given: object): PolicyEntry => ({ use, id: use, with: given }) as unknown as PolicyEntry

/** Compiles a form that counts how often it is closed. */
function createForms() {
  const forms = new Forms()
  const closed: number[] = []
  return {
    forms,
    closed,
    of: (policy: Policy, entry: PolicyEntry): Compiled =>
      forms.of(policy, entry, () => {
        const at = closed.push(0) - 1
        return { close: () => void (closed[at] = (closed[at] ?? 0) + 1) }
      }),
  }
}

it('entries with equal settings share a form only where their policy says so', () => {
  const { of } = createForms()
  const sharing = { name: 'sharing', sharesForm: true } as Policy
  const owning = { name: 'owning' } as Policy
  assert.equal(of(sharing, entryOf('sharing', settings)), of(sharing, entryOf('sharing', settings)))
  assert.notEqual(of(sharing, entryOf('sharing', { limit: 4 })), of(sharing, entryOf('sharing', settings)))
  assert.notEqual(of(owning, entryOf('owning', settings)), of(owning, entryOf('owning', settings)))
  const inherited = entryOf('owning', settings)
  assert.equal(of(owning, inherited), of(owning, inherited))
})

it('two policies never share a form, whatever their settings', () => {
  const { of } = createForms()
  const one = { name: 'one', sharesForm: true } as Policy
  const other = { name: 'other', sharesForm: true } as Policy
  assert.notEqual(of(one, entryOf('one', settings)), of(other, entryOf('other', settings)))
})

it('each form is closed once', () => {
  const { of, forms, closed } = createForms()
  const sharing = { name: 'sharing', sharesForm: true } as Policy
  const owning = { name: 'owning' } as Policy
  for (let n = 0; n < 3; n++) {
    of(sharing, entryOf('sharing', settings))
    of(owning, entryOf('owning', settings))
  }
  forms.close()
  forms.close()
  assert.deepEqual(closed, [1, 1, 1, 1])
})
