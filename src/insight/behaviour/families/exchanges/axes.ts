import type { Axis } from '../../model.ts'

/** What an exchange can differ in. Deviations are bits of surprise, standard deviations for ranges and sizes, logarithms for counts. */
export const axes = [
  { name: 'path', scale: 4 },
  { name: 'method', scale: 4 },
  { name: 'names', scale: 4 },
  { name: 'order', scale: 4 },
  { name: 'text', scale: 6 },
  { name: 'values', scale: 4 },
  { name: 'range', scale: 3 },
  { name: 'headers', scale: 4 },
  { name: 'header-text', scale: 6 },
  { name: 'header-values', scale: 4 },
  { name: 'header-range', scale: 3 },
  { name: 'status', scale: 4 },
  { name: 'response', scale: 4 },
  { name: 'response-size', scale: 3 },
  { name: 'caller', scale: 4 },
  { name: 'volume', scale: 1 },
  { name: 'enumeration', scale: 1 },
  { name: 'failures', scale: 1 },
] as const satisfies readonly Axis[]

export type AxisName = (typeof axes)[number]['name']
