/**
 * Header fields that an API's answers should carry (OWASP REST Security Cheat Sheet, "Security Headers"): name, value,
 * lower-case name. Strict-Transport-Security is the listener's, since only it knows whether TLS is on. `no-store` is for
 * answers that say nothing of caching: those of an API are somebody's data.
 */
export const securityHeaders: ReadonlyArray<readonly [name: string, value: string, lowered: string]> = (
  [
    ['Cache-Control', 'no-store'],
    ['Content-Security-Policy', "frame-ancestors 'none'"],
    ['Referrer-Policy', 'no-referrer'],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
  ] as const
).map(([name, value]) => [name, value, name.toLowerCase()] as const)
