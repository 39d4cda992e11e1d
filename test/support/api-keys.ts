import { createHash } from 'node:crypto'

/** Policy `api-key` with these keys by subject, in the braces of YAML. */
export function apiKeyPolicy(keys: Readonly<Record<string, string>>): string {
  const written = Object.entries(keys).map(
    ([id, key]) => `{ id: ${id}, subject: ${id}, sha256: "${createHash('sha256').update(key).digest('hex')}" }`,
  )
  return `{ use: api-key, with: { keys: [${written.join(', ')}] } }`
}
