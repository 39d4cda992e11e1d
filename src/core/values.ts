import * as z from 'zod'
import { createCidrSet } from '../lib/cidr-set.ts'
import { Secret } from './secret.ts'
import { parseYaml } from './yaml.ts'

// Imported by schema.ts files alone (it loads zod); the request path never comes here.
// References (`env:`, `file:`) are already resolved when a schema sees a value. Messages never quote a value: it may be a secret.
// Defaults in the written form: `duration().prefault('30s')`.

/** A non-empty text that must never be printed: string → Secret. One final newline is dropped, since files end in one. */
export function secret() {
  return z
    .string()
    .transform((text, context) => {
      const value = text.replace(/\r?\n$/, '')
      if (value === '') context.addIssue({ code: 'custom', message: 'is empty' })
      return new Secret(value)
    })
    .meta({ writeOnly: true })
}

/** A non-empty text, usually the content of a `file:` (PEM, htpasswd); kept byte for byte. */
export function text() {
  return z.string().min(1, 'is empty')
}

/** `inner`, written inline or in a file (`file:PATH`, YAML or JSON); issues inside that file are located there. */
export function document<T extends z.ZodType>(inner: T) {
  return z
    .preprocess((value, context) => {
      if (typeof value !== 'string') return value
      const parsed = parseYaml(value)
      if ('value' in parsed) return parsed.value
      for (const issue of parsed.issues) {
        context.addIssue({ code: 'custom', message: issue.reason, params: { line: issue.line, column: issue.column } })
      }
      return z.NEVER
    }, inner)
    .meta({ 'x-portcullis': 'document' })
}

/** A list that may be written as its only item: `audience: orders` → `['orders']`. */
export function list<T extends z.ZodType>(inner: T) {
  return z
    .preprocess(
      value => (value === undefined || Array.isArray(value) ? value : [value]),
      z.array(inner).min(1, 'needs at least one item'),
    )
    .meta({ 'x-portcullis': 'list' })
}

const durationForm = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|min|h|d)$/
const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** `500ms`, `10s`, `5m`, `1h`, `1d` → milliseconds, whole; bounds in ms. */
export function duration(bounds: { minMs?: number; maxMs?: number } = {}) {
  const { minMs = 0, maxMs = 10 * 366 * 86_400_000 } = bounds
  return z
    .string('must be a duration such as 500ms, 10s, 5m, 1h or 1d')
    .regex(durationForm, 'must be a duration such as 500ms, 10s, 5m, 1h or 1d')
    .transform((written, context) => {
      const [, amount, unit] = durationForm.exec(written) ?? []
      const ms = Math.round(Number(amount) * (durationUnits[unit ?? ''] ?? Number.NaN))
      if (!(ms >= minMs && ms <= maxMs))
        context.addIssue({ code: 'custom', message: `must be ${boundsIn(minMs, maxMs, 'ms')}` })
      return ms
    })
}

const bytesForm = /^(\d{1,15})(B|kB|KB|KiB|MB|MiB|GB|GiB|TB|TiB)$/
const byteUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  KiB: 1024,
  MB: 1e6,
  MiB: 1024 ** 2,
  GB: 1e9,
  GiB: 1024 ** 3,
  TB: 1e12,
  TiB: 1024 ** 4,
}

/** `512B`, `32KiB`, `1MiB`, `10GB` → bytes; bounds in bytes. */
export function bytes(bounds: { min?: number; max?: number } = {}) {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds
  return z
    .string('must be a size such as 512B, 32KiB, 1MiB or 10GB')
    .regex(bytesForm, 'must be a size such as 512B, 32KiB, 1MiB or 10GB')
    .transform((written, context) => {
      const [, amount, unit] = bytesForm.exec(written) ?? []
      const size = Number(amount) * (byteUnits[unit ?? ''] ?? Number.NaN)
      if (!(size >= min && size <= max))
        context.addIssue({ code: 'custom', message: `must be ${boundsIn(min, max, 'bytes')}` })
      return size
    })
}

export interface Rate {
  readonly amount: number
  readonly windowMs: number
}

const rateForm = /^(\d{1,12})\/(\d{1,6})?(s|sec|second|m|min|minute|h|hour|d|day)$/
const rateUnits: Readonly<Record<string, number>> = {
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
}

/** `100/min`, `5/s`, `1000/h`, `50/10s` → at least 1 per window of milliseconds. */
export function rate() {
  return z
    .string('must be a rate such as 100/min, 5/s or 50/10s')
    .regex(rateForm, 'must be a rate such as 100/min, 5/s or 50/10s')
    .transform((written, context): Rate => {
      const [, amount, count, unit] = rateForm.exec(written) ?? []
      const value = { amount: Number(amount), windowMs: Number(count ?? '1') * (rateUnits[unit ?? ''] ?? Number.NaN) }
      if (!(value.amount >= 1 && value.windowMs >= 1_000))
        context.addIssue({ code: 'custom', message: 'must be at least 1 in at least 1 s' })
      return value
    })
}

/** An address or a network: `10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`. The text as written, checked the way it will be used. */
export function cidr() {
  return z.string('must be a network such as 10.0.0.0/8').check(context => {
    const set = createCidrSet([context.value])
    if ('has' in set) return
    const message = `${set[0]?.reason ?? 'is not a network'}; write 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32`
    context.issues.push({ code: 'custom', input: context.value, message })
  })
}

function boundsIn(min: number, max: number, unit: string): string {
  return max >= Number.MAX_SAFE_INTEGER ? `at least ${min} ${unit}` : `between ${min} and ${max} ${unit}`
}
