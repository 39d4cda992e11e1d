import type { QualityCase } from '../quality-case.ts'
import { inventory } from './inventory.ts'
import { bed } from './bed.ts'
import { behaviourBed } from './behaviour-bed.ts'
import { behaviourChains } from './behaviour-chains.ts'
import { behaviourSequences } from './behaviour-sequences.ts'
import { behaviourParameters } from './behaviour-parameters.ts'
import { learntSchemas } from './learnt-schemas.ts'
import { nezhaSpans } from './nezha.ts'
import { nezhaChains } from './nezha-chains.ts'
import { posture } from './posture.ts'
import { templatesOfUrlLists } from './templates-of-url-lists.ts'
import { templatesOnOpenApiTraffic } from './templates-on-openapi-traffic.ts'

/** Every measured statement, in the order of docs/quality.md. */
export const cases: readonly QualityCase[] = [
  ...templatesOnOpenApiTraffic,
  ...templatesOfUrlLists,
  ...learntSchemas,
  ...inventory,
  nezhaSpans,
  ...posture,
  ...bed,
  ...behaviourBed,
  ...behaviourChains,
  nezhaChains,
  ...behaviourSequences,
  ...behaviourParameters,
]
