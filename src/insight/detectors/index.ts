import type { AnyDetector } from './detector.ts'

/** All detectors, by name. */
export const detectors: readonly AnyDetector[] = []
