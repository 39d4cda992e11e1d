import { apiProbing } from './api-probing/detector.ts'
import { chainStructure } from './chain-structure/detector.ts'
import { chainTiming } from './chain-timing/detector.ts'
import { clientSequence } from './client-sequence/detector.ts'
import { credentialStuffing } from './credential-stuffing/detector.ts'
import { denialOfService } from './denial-of-service/detector.ts'
import type { AnyDetector } from './detector.ts'
import { enumeration } from './enumeration/detector.ts'
import { lateralMovement } from './lateral-movement/detector.ts'
import { massAssignment } from './mass-assignment/detector.ts'
import { methodEscalation } from './method-escalation/detector.ts'
import { misuse } from './misuse/detector.ts'
import { objectFlow } from './object-flow/detector.ts'
import { parameters } from './parameters/detector.ts'
import { responseDrift } from './response-drift/detector.ts'
import { tokenReplay } from './token-replay/detector.ts'
import { volume } from './volume/detector.ts'

/** All detectors, by name. */
export const detectors: readonly AnyDetector[] = [
  apiProbing,
  chainStructure,
  chainTiming,
  clientSequence,
  credentialStuffing,
  denialOfService,
  enumeration,
  lateralMovement,
  massAssignment,
  methodEscalation,
  misuse,
  objectFlow,
  parameters,
  responseDrift,
  tokenReplay,
  volume,
]
