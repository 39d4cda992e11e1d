import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { queryValues } from './query.ts'

it('finds exactly the values that a form parser finds, in its order', () => {
  const unit = fc.constantFrom('a', 'b', '%61', '%62', '%2B', '%25', '%3D', '%26', '+', '=', '&')
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 24 }), units => {
      const query = units.join('')
      assert.deepEqual(queryValues(query, 'a'), new URLSearchParams(query).getAll('a'))
    }),
    { numRuns: 5_000 },
  )
})

it('overlooks no second value, however its name is written', () => {
  for (const query of ['key=a&key=b', 'key=a&%6Bey=b', 'key=a&k%65y', 'key&key=', 'key=a&x=1&key=b'])
    assert.equal(queryValues(query, 'key').length, 2, query)
})

it('does not take another name for the wanted one', () => {
  for (const query of ['', 'keys=a', 'Key=a', 'x=key', 'a=1;key=b', '%6ey=a', 'key%00=a', '=key'])
    assert.deepEqual(queryValues(query, 'key'), [], query)
})

it('keeps a value that does not decode as it is written', () => {
  assert.deepEqual(queryValues('key=%zz&key=%ff', 'key'), ['%zz', '%ff'])
})
