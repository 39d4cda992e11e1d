import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { test } from 'node:test'
import * as z from 'zod'
import { bytes, cidr, document, duration, list, rate, secret, text } from './values.ts'

function refused(schema: z.ZodType, values: readonly unknown[]): void {
  for (const value of values)
    assert.equal(schema.safeParse(value).success, false, `${JSON.stringify(value)} must be refused`)
}

test('a duration without a unit, with a sign or out of bounds is refused', () => {
  refused(duration(), ['10', 10, '-1s', '1 s', '1.2345s', 's', '', '1e3s', '10S', '999999999d', null])
  refused(duration({ minMs: 10, maxMs: 1000 }), ['9ms', '1001ms'])
  assert.deepEqual(
    ['500ms', '10s', '5m', '5min', '1h', '1d', '1.5s', '0s'].map(v => duration().parse(v)),
    [500, 10_000, 300_000, 300_000, 3_600_000, 86_400_000, 1500, 0],
  )
})

test('a size without a unit or out of bounds is refused', () => {
  refused(bytes(), ['10', 10, '-1B', '1 KiB', '1kib', '1.5MiB', '9999999TiB', ''])
  refused(bytes({ min: 10 }), ['9B'])
  assert.deepEqual(
    ['512B', '32KiB', '1MiB', '10kB', '1GB'].map(v => bytes().parse(v)),
    [512, 32768, 1048576, 10_000, 1e9],
  )
})

test('a rate of nothing or of no window is refused', () => {
  refused(rate(), ['0/min', '100', '100/', '/min', '100/0s', '1/week', '1/ms', 100, '-1/s'])
  assert.deepEqual(rate().parse('100/min'), { amount: 100, windowMs: 60_000 })
  assert.deepEqual(rate().parse('50/10s'), { amount: 50, windowMs: 10_000 })
  assert.deepEqual(rate().parse('1000000000/min'), { amount: 1e9, windowMs: 60_000 })
})

test('what is not an address or network is refused', () => {
  refused(cidr(), ['10.0.0.0/33', '10.0.0/8', '::/129', 'localhost', '10.0.0.0/08', '10.0.0.0/', 'fe80::1%eth0', '', 5])
  for (const good of ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1', '0.0.0.0/0'])
    assert.equal(cidr().parse(good), good)
})

test('a secret never prints, and an empty one is refused', () => {
  refused(secret(), ['', '\n', 5, null])
  const parsed = z.strictObject({ token: secret() }).parse({ token: 'hunter2-hunter2\n' })
  assert.equal(parsed.token.reveal(), 'hunter2-hunter2')
  assert.doesNotMatch(`${inspect(parsed)}${JSON.stringify(parsed)}${parsed.token}`, /hunter2/)
  assert.equal(text().parse('a\n'), 'a\n')
})

test('a document may be inline or text; a broken text says where in that text', () => {
  const schema = document(z.strictObject({ keys: z.array(z.strictObject({ id: z.string() })) }))
  assert.deepEqual(schema.parse({ keys: [{ id: 'a' }] }), { keys: [{ id: 'a' }] })
  assert.deepEqual(schema.parse('keys:\n  - id: a\n'), { keys: [{ id: 'a' }] })
  assert.deepEqual(schema.parse('{"keys":[{"id":"a"}]}'), { keys: [{ id: 'a' }] })
  const inner = schema.safeParse('keys:\n  - id: 5\n')
  assert.deepEqual(inner.error?.issues[0]?.path, ['keys', 0, 'id'])
  const broken = schema.safeParse('keys: [\n a: b: c\n')
  assert.equal(broken.success, false)
  const issue = broken.error?.issues[0]
  assert.ok(issue?.code === 'custom' && Number(issue.params?.['line']) >= 1)
  refused(schema, ['keys: []\nkeys: []\n', 'a: &a [x]\n__proto__: { keys: [] }\n', '['.repeat(5000), ''])
})

test('a list may be written as its only item, and is never empty', () => {
  refused(list(z.string()), [[], [5], 5, null])
  assert.deepEqual(list(z.string()).parse('a'), ['a'])
  assert.deepEqual(list(z.string()).parse(['a', 'b']), ['a', 'b'])
})

test('the values describe themselves to editors in their written form', () => {
  const schema = z.strictObject({
    wait: duration().prefault('30s').describe('How long.'),
    size: bytes().optional(),
    limit: rate(),
    from: cidr(),
    token: secret().describe('The token.'),
    keys: document(z.strictObject({ id: z.string() })),
  })
  const json = z.toJSONSchema(schema, { io: 'input' }) as {
    properties: Record<string, Record<string, unknown>>
    required: string[]
  }
  assert.equal(json.properties['wait']?.['default'], '30s')
  assert.equal(json.properties['wait']?.['description'], 'How long.')
  assert.equal(json.properties['token']?.['writeOnly'], true)
  assert.equal(json.properties['token']?.['type'], 'string')
  assert.equal(json.properties['keys']?.['type'], 'object')
  assert.deepEqual(json.required, ['limit', 'from', 'token', 'keys'])
  assert.equal(schema.parse({ limit: '1/s', from: '::1', token: 'x', keys: { id: 'a' } }).wait, 30_000)
})
