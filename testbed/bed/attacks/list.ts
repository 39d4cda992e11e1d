import { adversary } from './adversary.ts'
import { apiProbing } from './api-probing.ts'
import { chainStructure } from './chain-structure.ts'
import { chainTiming } from './chain-timing.ts'
import { clientSequence } from './client-sequence.ts'
import { credentialStuffing } from './credential-stuffing.ts'
import { denialOfService } from './denial-of-service.ts'
import { enumeration } from './enumeration.ts'
import { lateralMovement } from './lateral-movement.ts'
import { massAssignment } from './mass-assignment.ts'
import { methodEscalation } from './method-escalation.ts'
import { misuse } from './misuse.ts'
import { objectFlow } from './object-flow.ts'
import { parameters } from './parameters.ts'
import { responseDrift } from './response-drift.ts'
import type { AttackClass } from './stage.ts'
import { tokenReplay } from './token-replay.ts'
import { volume } from './volume.ts'

/** Every class of attacks; a detector has the name of its class. */
export const attackClasses: readonly AttackClass[] = [
  chainStructure,
  chainTiming,
  parameters,
  clientSequence,
  apiProbing,
  denialOfService,
  misuse,
  volume,
  enumeration,
  credentialStuffing,
  objectFlow,
  methodEscalation,
  massAssignment,
  responseDrift,
  lateralMovement,
  tokenReplay,
  adversary,
]
