import { comparisonCases } from './cases.ts'
import { insightCases } from './insight-cases.ts'
import { machineCase } from './machine-case.ts'
import { resourceCases } from './resource-cases.ts'

/** Every case, in the order of docs/performance.md. */
export const cases = [machineCase, ...comparisonCases, ...resourceCases, ...insightCases]
