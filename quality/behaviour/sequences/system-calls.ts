import { type Seeded, seeded } from '../../traffic/seeded.ts'
import { runs, type SequenceSource, zipf } from './sequence-set.ts'

/**
 * Long traces of a few programs over a hundred and more calls that all of them use, each in routines of its own with loops within loops. Attacks are
 * traces of one of them that at some place runs routines of a program that was never learnt, made of calls that are known.
 */
export function systemCalls(seed: string): SequenceSource {
  const random = seeded(seed)
  const popular = zipf(random, 140)
  const routine = (): string[] => Array.from({ length: 3 + random.below(9) }, () => `call${popular()}`)
  const program = (): Program => {
    const routines = Array.from({ length: 12 + random.below(12) }, routine)
    return {
      routines,
      start: Array.from({ length: 3 }, routine).flat(),
      end: routine(),
      next: routines.map(() => Array.from({ length: 3 }, () => random.below(routines.length))),
    }
  }
  const programs = Array.from({ length: 6 }, program)
  const foreign = Array.from({ length: 4 }, program)
  const normal = (): string[] => {
    const { start, end, ...rest } = random.pick(programs)
    return [...start, ...body(random, rest, 20 + random.below(80)), ...end]
  }
  const abnormal = (): string[] => {
    const steps = normal()
    const at = random.below(steps.length)
    return steps.toSpliced(at, 0, ...body(random, random.pick(foreign), 2 + random.below(5)))
  }
  return { name: 'system calls', normal, abnormal }
}

interface Program {
  readonly routines: readonly (readonly string[])[]
  readonly start: readonly string[]
  readonly end: readonly string[]
  /** From a routine to those that may follow. */
  readonly next: readonly (readonly number[])[]
}

function body(random: Seeded, { routines, next }: Pick<Program, 'routines' | 'next'>, count: number): string[] {
  const steps: string[] = []
  let at = random.below(routines.length)
  for (let left = count; left > 0; left--) {
    for (let again = runs(random, 0.3, 12); again > 0; again--) steps.push(...(routines[at] as readonly string[]))
    // A call may fail and be made again, a signal may come between.
    if (random.next() < 0.1) steps.push(random.next() < 0.5 ? (steps.at(-1) as string) : 'call3')
    at = random.pick(next[at] as readonly number[])
  }
  return steps
}
