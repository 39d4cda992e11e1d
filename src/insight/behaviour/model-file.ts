import { canonicalJson, type Json } from '../../lib/canonical-json.ts'
import type { Calibration, Learnt } from './calibration.ts'
import type { Family } from './model.ts'

/** A model as it is kept: what was not learnt is not in it. */
export type KeptModel<Item> = Omit<Learnt<Item>, 'setAside'>

const kind = 'portcullis behaviour model'
/** Of the file with all that is in it: raised with every change to what a family dumps, so that a model of another program is refused by its number. */
const layoutVersion = 2

/**
 * A learnt model as text: JSON with its members in order and without clock, path or name of a file, so the same items give the same bytes.
 */
export function modelText<Item>(family: Family<Item>, { model, calibration, items }: KeptModel<Item>): string {
  return `${canonicalJson({
    kind,
    version: layoutVersion,
    format: family.format,
    items,
    calibration: calibration as unknown as Json,
    model: model.dump(),
  })}\n`
}

/** What `modelText` wrote, for the family that it is of. Throws an Error that says what is wrong. */
export function readModelText<Item>(text: string, family: Family<Item>): KeptModel<Item> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('it is not JSON')
  }
  if (!isObject(value) || value['kind'] !== kind) throw new Error('it was not written by `portcullis learn`')
  const { version, format, items, calibration, model } = value
  if (version !== layoutVersion)
    throw new Error(`it is of version ${String(version)}, this program knows ${layoutVersion}`)
  if (format !== family.format) throw new Error(`it was learnt from ${String(format)}, not from ${family.format}`)
  if (typeof items !== 'number' || !isCalibration(calibration)) throw new Error('its calibration is damaged')
  try {
    return { model: family.restore(model as Json), calibration, items }
  } catch (error) {
    throw new Error(`its model is damaged: ${(error as Error).message}`, { cause: error })
  }
}

function isCalibration(value: unknown): value is Calibration {
  return (
    isObject(value) &&
    ['budget', 'threshold', 'incomparable', 'novel'].every(name => Number.isFinite(value[name])) &&
    isObject(value['split']) &&
    isObject(value['tails']) &&
    Object.values(value['tails']).every(isAxisTail)
  )
}

function isAxisTail(value: unknown): boolean {
  if (!isObject(value)) return false
  const { count, scale, deviations, surprises, tail } = value
  return (
    Number.isFinite(count) &&
    Number.isFinite(scale) &&
    isNumbers(deviations) &&
    isNumbers(surprises) &&
    deviations.length === surprises.length &&
    (tail === null ||
      (isObject(tail) && ['above', 'share', 'shape', 'scale'].every(name => Number.isFinite(tail[name]))))
  )
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(Number.isFinite)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
