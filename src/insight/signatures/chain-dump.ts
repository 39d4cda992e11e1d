import type { CallShape, CallShapes, Label, Subtree } from './call-shape.ts'

/** All that a store of signatures holds, as plain data; a label is told by its place in `labels`. */
export interface ChainDump {
  readonly total: number
  /** Service, operation, failed traces, those that do not say, own times. */
  readonly labels: ReadonlyArray<
    readonly [service: string, operation: string, failed: number, silent: number, self: readonly number[]]
  >
  readonly signatures: ReadonlyArray<{
    readonly name: string
    readonly labels: readonly number[]
    readonly depths: readonly number[]
    readonly count: number
    readonly whole: readonly number[]
    readonly self: ReadonlyArray<readonly number[]>
    readonly runs: ReadonlyArray<readonly number[] | null>
    readonly failed: readonly number[]
    readonly silent: readonly number[] | null
  }>
}

/** A shape from its preorder; its name stays as it was written, also where it was cut. */
export function shapeOfPlaces(
  shapes: CallShapes,
  name: string,
  labels: readonly Label[],
  depths: readonly number[],
): CallShape {
  const made: Subtree[][] = []
  let root: Subtree | null = null
  // Backwards: the subtrees that were made one level deeper since the last place of this level are its children.
  for (let i = labels.length - 1; i >= 0; i--) {
    const depth = depths[i]
    if (!isCount(depth) || depth > labels.length || (i === 0) !== (depth === 0)) damaged()
    const below = made[depth + 1] ?? []
    made[depth + 1] = []
    root = shapes.subtree(labels[i] as Label, below)
    ;(made[depth] ??= []).push(root)
  }
  const shape = shapes.shapeOf(root as Subtree)
  if (shape.labels.length !== labels.length) damaged()
  return shape.name === name ? shape : { ...shape, name }
}

/** Throws when lists of a signature do not fit each other. */
export function checkSignature({
  labels,
  depths,
  self,
  runs,
  failed,
  silent,
  count,
}: ChainDump['signatures'][number]): void {
  const size = Array.isArray(labels) ? labels.length : 0
  const lists: readonly unknown[] = [depths, self, runs, failed, silent ?? failed]
  if (
    size === 0 ||
    !isCount(count) ||
    !lists.every(list => Array.isArray(list) && list.length === size) ||
    !failed.every(isCount) ||
    silent?.every(isCount) === false
  )
    damaged()
}

/** Throws. */
export function damaged(): never {
  throw new Error('a signature is damaged')
}

/** A whole number ≥ 0. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
