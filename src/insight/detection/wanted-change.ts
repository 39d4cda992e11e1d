import type { BaselineChange, WantedChange } from './ask.ts'

const key = { type: 'string', minLength: 1, maxLength: 3000 } as const
const threshold = { type: 'number', minimum: 0 } as const
const author = { type: 'string', minLength: 1, maxLength: 200 } as const
const reason = { type: 'string', minLength: 1, maxLength: 2000 } as const

/** JSON Schema of what a person wants changed of baselines: one of the kinds, each with who says so and why. */
export const wantedChangeSchema = {
  oneOf: [
    // null: what is learnt holds again.
    kindOf('set', { key, threshold: { type: ['number', 'null'], minimum: 0 } }),
    // Changes nothing.
    kindOf('try', { key, threshold }),
    kindOf('accept', { key }),
    kindOf('rollback', { version: { type: 'integer', minimum: 1 } }),
    // Unix ms.
    kindOf('begin', { scenario: { type: 'string', minLength: 1, maxLength: 64 }, untilMs: { type: 'integer' } }),
    kindOf('admit', { shape: key }),
  ],
} as const

/** Reads a change from what anybody may have sent; null: it is none. */
export function wantedChange(value: unknown): WantedChange | null {
  if (value === null || typeof value !== 'object') return null
  const { author: by, reason: why, ...rest } = value as Record<string, unknown>
  if (!isText(by, author.maxLength) || !isText(why, reason.maxLength) || why.trim() === '') return null
  const change = changeOf(rest)
  return change === null ? null : { change, author: by, reason: why }
}

function changeOf(given: Record<string, unknown>): BaselineChange | null {
  const { kind } = given
  const has = (...names: readonly string[]): boolean =>
    Object.keys(given).length === names.length + 1 && names.every(name => Object.hasOwn(given, name))
  switch (kind) {
    case 'set': {
      const limit = given['threshold']
      if (!has('key', 'threshold') || !isText(given['key'], key.maxLength)) return null
      return limit === null || isThreshold(limit) ? { kind, key: given['key'], threshold: limit } : null
    }
    case 'try': {
      const limit = given['threshold']
      if (!has('key', 'threshold') || !isText(given['key'], key.maxLength) || !isThreshold(limit)) return null
      return { kind, key: given['key'], threshold: limit }
    }
    case 'accept':
      return has('key') && isText(given['key'], key.maxLength) ? { kind, key: given['key'] } : null
    case 'rollback': {
      const { version } = given
      return has('version') && isWhole(version) && version >= 1 ? { kind, version } : null
    }
    case 'begin': {
      const { scenario, untilMs } = given
      return has('scenario', 'untilMs') && isText(scenario, 64) && isWhole(untilMs) ? { kind, scenario, untilMs } : null
    }
    case 'admit':
      return has('shape') && isText(given['shape'], key.maxLength) ? { kind, shape: given['shape'] } : null
    default:
      return null
  }
}

function kindOf<K extends string, P extends Readonly<Record<string, object>>>(kind: K, properties: P) {
  return {
    type: 'object',
    required: ['kind', ...Object.keys(properties), 'author', 'reason'],
    additionalProperties: false,
    properties: { kind: { const: kind }, ...properties, author, reason },
  }
}

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= max
}

function isThreshold(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
