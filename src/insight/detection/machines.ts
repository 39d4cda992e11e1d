const machines: ReadonlySet<string> = new Set(['mtls', 'api-key', 'basic', 'hmac', 'introspection', 'digest'])

/** A program that proves itself by a method that people do not use: what it does changes with releases, not with moods. */
export function isMachine(method: string): boolean {
  return machines.has(method)
}
