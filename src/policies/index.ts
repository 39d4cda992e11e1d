import type { Policy } from '../core/policy.ts'
import { anonymous } from './anonymous/policy.ts'
import { apiKey } from './api-key/policy.ts'
import { basic } from './basic/policy.ts'
import { behaviour } from './behaviour/policy.ts'
import { headers } from './headers/policy.ts'
import { ip } from './ip/policy.ts'
import { jsonSchema } from './json-schema/policy.ts'
import { jwt } from './jwt/policy.ts'
import { lifecycle } from './lifecycle/policy.ts'
import { mtls } from './mtls/policy.ts'
import { rateLimit } from './rate-limit/policy.ts'
import { require } from './require/policy.ts'
import { size } from './size/policy.ts'

/** Every policy that exists. The order has no meaning: phases and the written order decide (DESIGN §4). */
export const policies: readonly Policy[] = [
  listed(anonymous),
  listed(apiKey),
  listed(basic),
  listed(behaviour),
  listed(headers),
  listed(ip),
  listed(jsonSchema),
  listed(jwt),
  listed(lifecycle),
  listed(mtls),
  listed(rateLimit),
  listed(require),
  listed(size),
]

/**
 * Forgets the type of a policy's settings so that one list holds them all. Sound because settings reach
 * `phase`, `compile` and the others only after that same policy's schema made them.
 */
function listed<C>(policy: Policy<C>): Policy {
  return policy as unknown as Policy
}
