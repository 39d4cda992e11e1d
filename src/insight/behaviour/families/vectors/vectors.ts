import type { Family } from '../../model.ts'
import { contentHash, readVectors, type VectorItem } from './vector-item.ts'
import { createVectorModel, restoreVectorModel } from './vector-model.ts'

/** Traces reduced to one latency per call path: which paths were taken together, and how long each takes then. */
export const vectors: Family<VectorItem> = {
  format: 'vectors',
  axes: [
    { name: 'structure', scale: 1 },
    { name: 'inserted', scale: 1 },
    { name: 'timing', scale: 3 },
  ],
  read: readVectors,
  id: ({ id }) => id,
  // Ids may repeat, so contents tell; by a hash, since millions of keys are sorted.
  key: ({ id, paths, ms }) => `${id} ${paths.key.length} ${contentHash(paths, ms)}`,
  create: () => createVectorModel(),
  restore: restoreVectorModel,
}
