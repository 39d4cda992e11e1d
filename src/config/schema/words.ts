import * as z from 'zod'
import { parseAddress } from '../address.ts'

/** A name that other parts refer to: letters, digits, `.`, `_`, `-`. */
export function name() {
  return z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      'must be a name: letters, digits, dot, underscore and hyphen, at most 64',
    )
}

/** An address to listen on → Address. */
export function address() {
  return z
    .string('must be an address with a port: 127.0.0.1:8080, :443, [::1]:8080 or unix:/path')
    .transform((written, context) => {
      const parsed = parseAddress(written)
      if (typeof parsed !== 'string') return parsed
      context.addIssue({ code: 'custom', message: parsed })
      return z.NEVER
    })
}

/** A whole number within bounds. */
export function count(min: number, max: number) {
  return z.int().min(min).max(max)
}

/** A header field name (RFC 9110 §5.1) → lower case. */
export function fieldName() {
  return z
    .string()
    .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/, 'must be a header name')
    .transform(written => written.toLowerCase())
}

/** A request method (RFC 9110 §9.1). Methods are case-sensitive; the registered ones are upper case. */
export function method() {
  return z.string().regex(/^[A-Z][A-Z0-9-]{0,31}$/, 'must be a method in capitals, such as GET')
}

/** A host to match: a name, an IP address, or `*.` and a name (exactly one label) → lower case. */
export function hostPattern() {
  return z
    .string()
    .regex(
      /^(?:(?:\*\.)?(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*|\[[0-9A-Fa-f:.]+\])$/,
      'must be a host without port, such as api.example.com or *.example.com',
    )
    .transform(written => written.toLowerCase())
}
