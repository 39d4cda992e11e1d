import { JsonScanner } from '../../src/lib/json-scan.ts'
import { compileJsonSchema } from '../../src/lib/json-schema/json-schema.ts'
import { jsonSchema } from '../../src/policies/json-schema/policy.ts'
import { compilePattern } from '../../src/policies/json-schema/pattern.ts'
import { schema } from '../../src/policies/json-schema/schema.ts'
import { exchange } from '../../test/support/exchange.ts'
import { testHost } from '../../test/support/host.ts'
import type { MicroCase } from './micro-case.ts'

// The order of bench case "secured POST": a 1 KB body against a schema of 12 properties.
const orderSchema = {
  type: 'object',
  required: ['user_id', 'action', 'created'],
  additionalProperties: false,
  properties: {
    user_id: { type: 'integer', minimum: 1 },
    action: { type: 'string', enum: ['read', 'write'] },
    name: { type: 'string', minLength: 1, maxLength: 100 },
    email: { type: 'string', format: 'email' },
    street: { type: 'string', maxLength: 300 },
    city: { type: 'string', maxLength: 100 },
    zip: { type: 'string', minLength: 3, maxLength: 10 },
    amount: { type: 'number', minimum: 0 },
    tags: { type: 'array', items: { type: 'string', maxLength: 20 }, maxItems: 10 },
    note: { type: 'string', maxLength: 1000 },
    active: { type: 'boolean' },
    created: { type: 'string', format: 'date-time' },
  },
}
const order = {
  user_id: 12345,
  action: 'read',
  name: 'Jane Q. Doe',
  email: 'jane@example.com',
  street: 'x'.repeat(200),
  city: 'Springfield',
  zip: '12345',
  amount: 12.5,
  tags: ['a', 'b', 'c'],
  note: 'y'.repeat(490),
  active: true,
  created: '2026-01-01T00:00:00Z',
}
const body = Buffer.from(JSON.stringify(order))
const dense = Buffer.from(
  JSON.stringify(
    Array.from({ length: 12 }, (_, id) => ({ id, name: `item ${id}`, ok: true, price: 1.25, tags: ['a', 'b'] })),
  ),
)
const settings = schema.parse({ request: orderSchema })
const scanner = new JsonScanner(settings.limits, new Uint8Array(32).fill(9))
const validate = compileJsonSchema({
  schema: orderSchema,
  dialect: '2020-12',
  assertFormats: true,
  pattern: compilePattern,
})
const compiled = jsonSchema.compile(settings, testHost())
const pattern = compilePattern('^[a-z0-9._-]+@[a-z0-9-]+\\.[a-z]{2,}$')
const x = exchange({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body })

/** JSON scanner, schema, pattern, and the whole policy, on a body of about 1 KB. */
export const cases: readonly MicroCase[] = [
  { name: `json scan, ${body.length} B, long strings`, run: () => scanner.scan(body) },
  { name: `json scan, ${dense.length} B, many small values`, run: () => scanner.scan(dense) },
  { name: `JSON.parse alone, ${body.length} B`, run: () => JSON.parse(body.toString('latin1')) },
  { name: `JSON.parse alone, ${dense.length} B, many small values`, run: () => JSON.parse(dense.toString('latin1')) },
  { name: 'json schema, 12 properties', run: () => validate(order, 100_000) },
  { name: 'json pattern, 16 characters', run: () => pattern('jane@example.com') },
  { name: 'json-schema policy: request', run: () => compiled.request?.(x) },
  { name: 'json-schema policy: scan + parse + validate', run: () => compiled.body?.(x, body) },
]
