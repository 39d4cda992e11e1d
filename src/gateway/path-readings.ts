/**
 * The path as services read it that cut path parameters off (`/admin;x=1/y` is `/admin/y` to servlet containers and others, RFC 3986
 * §3.3), or null where nobody could cut. Empty segments that are left over collapse, as they do there.
 */
export function withoutParameters(path: string): string | null {
  if (!path.includes(';') && !path.includes('%3B')) return null
  return path.replace(/(?:;|%3B)[^/]*/g, '').replace(/\/{2,}/g, '/')
}
