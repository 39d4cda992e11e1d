import type { CredentialSeen } from '../../model/observation.ts'
import type { Operation } from '../../model/operation.ts'

/** Security schemes that were seen in use, and what each operation asks for by them. */
export interface SecurityAsSeen {
  readonly schemes: Readonly<Record<string, unknown>>
  /** null: nothing is known; an empty list: calls without any proof are answered. */
  requirementOf(operation: Operation): ReadonlyArray<Readonly<Record<string, readonly string[]>>> | null
}

/** Names schemes after the method of proof; API keys and sessions also after where they stood. */
export function securityAsSeen(operations: readonly Operation[]): SecurityAsSeen {
  const schemes: Record<string, unknown> = {}
  const requirements = new Map<Operation, Array<Record<string, readonly string[]>> | null>()
  for (const operation of operations) {
    const { methods, anonymousAnswered, verdict, confidence } = operation.authentication
    if (confidence === 0) {
      requirements.set(operation, null)
      continue
    }
    if (verdict === 'none') {
      requirements.set(operation, [])
      continue
    }
    const alternatives = Object.keys(methods).map((method): Record<string, readonly string[]> => {
      const { name, scheme } = schemeOf(
        method,
        operation.authentication.credentials.map(({ credential }) => credential),
      )
      schemes[name] = scheme
      return { [name]: [] }
    })
    if (anonymousAnswered > 0) alternatives.push({})
    requirements.set(operation, alternatives)
  }
  return { schemes, requirementOf: operation => requirements.get(operation) ?? null }
}

function schemeOf(method: string, credentials: readonly CredentialSeen[]): { name: string; scheme: unknown } {
  const sent = credentials.find(credential => credential.scheme === method)
  const placed = (credential: CredentialSeen): { name: string; scheme: unknown } => ({
    name: `${method}-${credential.place}-${credential.name}`.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 100),
    scheme: { type: 'apiKey', in: credential.place, name: credential.name },
  })
  switch (method) {
    case 'jwt':
    case 'oidc':
      return { name: method, scheme: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } }
    case 'bearer':
    case 'basic':
    case 'digest':
      return { name: method, scheme: { type: 'http', scheme: method } }
    case 'mtls':
      return { name: method, scheme: { type: 'mutualTLS' } }
    default:
      if (sent !== undefined && ['header', 'query', 'cookie'].includes(sent.place) && sent.name !== '')
        return placed(sent)
      // The gateway says that it was proven, but not where the proof stood.
      return {
        name: method.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 100),
        scheme: { type: 'http', scheme: 'bearer', description: `Proven to the gateway by ${method}.` },
      }
  }
}
