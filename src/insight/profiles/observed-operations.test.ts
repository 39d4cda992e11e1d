import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReducer } from '../observe/reduce.ts'
import { FieldProfile, fieldJudgement } from './field-profile.ts'
import { ObservedOperations } from './observed-operations.ts'
import { fieldValueOf, namesOfShape, valuesOfShape } from './observed-values.ts'
import { rawExchange } from '../../../quality/traffic/raw-exchange.ts'

const reduce = createReducer({ hashKey: new Uint8Array(32).fill(3) })
const shapeOf = (body: unknown) => reduce(rawExchange(body)).request?.shape ?? null

test('names and values of a body come by their path', () => {
  const shape = shapeOf({ items: [{ price: 3 }, { price: 4 }], note: 'x' })
  assert.deepEqual(namesOfShape(shape), ['items', 'items[]', 'items[].price', 'note'])
  assert.deepEqual(
    valuesOfShape(shape).map(({ name }) => name),
    ['items[].price', 'items[].price', 'note'],
  )
})

test('an observation alone tells an injection from what people write', () => {
  const [profile, none] = [new FieldProfile(), new FieldProfile()]
  const learn = (note: string): void => {
    for (const { shape } of valuesOfShape(shapeOf({ note }))) profile.learn(fieldValueOf(shape, false))
  }
  for (let i = 0; i < 200; i++) learn(['please ring', 'third floor, left', `gate ${i}`, "it's fine"][i % 4] as string)
  const bits = (note: string): number => {
    const into = fieldJudgement()
    for (const { shape } of valuesOfShape(shapeOf({ note })))
      profile.judge(fieldValueOf(shape, false), none, none, into)
    return into.text.bits
  }
  assert.ok(bits('second floor, right') < 6)
  for (const attack of ["x' or 1=1--", '<script>x</script>', '$(id)', '../../etc']) assert.ok(bits(attack) > 10, attack)
})

test('operations beyond the bound are not learnt, and rows read back', () => {
  const operations = new ObservedOperations()
  for (let i = 0; i < 2500; i++) operations.toLearn(`op ${i}`)?.names.body.learn(['a'])
  assert.equal(operations.toLearn('one more'), undefined)
  const restored = new ObservedOperations()
  restored.restore([...operations.changes(), ['bad', '{}'], ['worse', 'no JSON']])
  assert.deepEqual(restored.get('op 7')?.dump(), operations.get('op 7')?.dump())
  assert.equal(restored.get('bad'), undefined)
})
