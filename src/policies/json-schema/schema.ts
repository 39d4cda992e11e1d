import * as z from 'zod'
import { document } from '../../core/values.ts'
import type { JsonSchemaConfig } from './policy.ts'

const jsonSchema = z.union(
  [z.boolean(), z.record(z.string(), z.unknown())],
  'must be a JSON Schema: an object, true or false',
)
const mediaType = z
  .string()
  .regex(
    /^[a-z0-9!#$&^_.-]+\/(?:[a-z0-9!#$&^_.+-]+|\*\+[a-z0-9!#$&^_.-]+)$/,
    'must be a media type such as application/json, or application/*+json',
  )

const count = (max: number): z.ZodNumber => z.int().min(1).max(max)

/** Bounds of a body, whatever the schema says. */
const limits = z.strictObject({
  depthMax: count(256).default(32).describe('Objects and arrays inside one another.'),
  membersMax: count(1_000_000).default(1_000).describe('Members of one object.'),
  itemsMax: count(10_000_000).default(10_000).describe('Items of one array.'),
  valuesMax: count(10_000_000).default(100_000).describe('Values of the whole body.'),
  keyBytesMax: count(1_000_000).default(256).describe('Bytes of one member name, as written.'),
  stringBytesMax: count(1_000_000_000).default(65_536).describe('Bytes of one string, as written.'),
  numberBytesMax: count(1_000).default(128).describe('Characters of one number.'),
  allowNul: z
    .boolean()
    .default(false)
    .describe('Accept the character U+0000 in strings; many services end a string there.'),
  allowLossyNumbers: z
    .boolean()
    .default(false)
    .describe(
      'Accept numbers that a double cannot hold exactly, such as integers past 2^53; the schema then judges the rounded value.',
    ),
})

/** Settings of `json-schema`. */
export const schema: z.ZodType<JsonSchemaConfig> = z.strictObject({
  request: document(jsonSchema).describe('JSON Schema of the request body, inline or `file:`.'),
  documents: z
    .record(z.url(), document(jsonSchema))
    .default({})
    .describe('Other schemas that it refers to, by absolute URI. Nothing is ever fetched.'),
  dialect: z
    .enum(['draft-07', '2019-09', '2020-12'])
    .default('2020-12')
    .describe('Dialect of schemas without `$schema`.'),
  formats: z
    .enum(['assert', 'annotate'])
    .default('assert')
    .describe('Does `format` decide? In every dialect alike; unknown formats are refused at load either way.'),
  contentTypes: z
    .array(mediaType)
    .min(1)
    .default(['application/json', 'application/*+json'])
    .describe('Media types whose bodies are read as JSON; all others are refused.'),
  emptyBody: z
    .array(z.string().regex(/^[A-Z]+$/, 'must be a method in upper case'))
    .default(['GET', 'HEAD', 'DELETE', 'OPTIONS'])
    .describe('Methods that may come without a body. A body that does come is checked, whatever the method.'),
  limits: limits.prefault({}).describe('Bounds that hold before the schema is asked.'),
})
