import type * as z from 'zod'

/** Of a detector that has nothing to set: its baselines do it all. */
export type NoSettings = Readonly<Record<string, never>>

export async function noSettings(): Promise<z.ZodType<NoSettings>> {
  const { strictObject } = await import('zod')
  return strictObject({}) as unknown as z.ZodType<NoSettings>
}
