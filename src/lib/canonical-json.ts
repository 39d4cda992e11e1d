/** Plain data as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** JSON text with the members of every object in the order of their names (code units): equal data give equal bytes, whatever order they were made in. Not RFC 8785: numbers and strings are as JSON.stringify writes them. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalJson).join(',')}]`
  const members = value as { readonly [name: string]: Json }
  const names = Object.keys(members).sort()
  return `{${names.map(name => `${JSON.stringify(name)}:${canonicalJson(members[name] as Json)}`).join(',')}}`
}
