import { type Seeded, seeded } from '../../traffic/seeded.ts'
import { runs, type SequenceSource } from './sequence-set.ts'

/**
 * A unit of work over several services: phases follow one another, within a phase branches run at the same time and their events are mixed at random,
 * a branch may loop, some phases are optional. Attacks change one thing: a step left out, repeated, moved, cut off after, or taken from elsewhere.
 */
export function workflow(seed: string): SequenceSource {
  const random = seeded(seed)
  let steps = 0
  const branch = (): Branch => ({
    steps: Array.from({ length: 1 + random.below(4) }, () => `w${steps++}`),
    loop: random.next() < 0.25 ? 0.5 : 0,
  })
  const phases = Array.from(
    { length: 5 + random.below(3) },
    (): Phase => ({
      branches: Array.from({ length: 1 + random.below(3) }, branch),
      often: random.next() < 0.3 ? 0.1 + 0.8 * random.next() : 1,
    }),
  )
  const normal = (): string[] => phases.flatMap(phase => eventsOf(random, phase))
  return { name: 'workflow', normal, abnormal: () => changed(random, normal) }
}

interface Branch {
  readonly steps: readonly string[]
  /** Probability that it runs once more. */
  readonly loop: number
}

interface Phase {
  readonly branches: readonly Branch[]
  readonly often: number
}

function eventsOf(random: Seeded, { branches, often }: Phase): string[] {
  if (random.next() > often) return []
  const open = branches.map(({ steps, loop }) =>
    Array.from({ length: loop === 0 ? 1 : runs(random, loop, 6) }, () => steps).flat(),
  )
  const events: string[] = []
  while (open.some(steps => steps.length > 0)) {
    const step = random.pick(open).shift()
    if (step !== undefined) events.push(step)
  }
  return events
}

/** One thing is different, and truly so: a change that gives a normal sequence again is made anew. */
function changed(random: Seeded, normal: () => string[]): string[] {
  const steps = normal()
  const at = random.below(steps.length)
  switch (random.below(6)) {
    case 0: {
      const step = steps[at]
      return steps.filter(other => other !== step)
    }
    case 1:
      return steps.toSpliced(at, 0, ...Array.from({ length: 4 + random.below(8) }, () => steps[at] as string))
    case 2: {
      const far = Math.floor(steps.length / 2)
      const from = random.below(steps.length - far)
      const moved = steps.toSpliced(from, 1)
      return moved.toSpliced(Math.min(moved.length, from + far), 0, steps[from] as string)
    }
    case 3:
      return steps.slice(0, 1 + random.below(Math.max(1, steps.length - 2)))
    case 4:
      return steps.toSpliced(at, 0, `x${random.below(50)}`)
    default: {
      // A replay: part of another run in the midst of this one.
      const other = normal()
      const from = random.below(Math.max(1, other.length - 4))
      return steps.toSpliced(at, 0, ...other.slice(from, from + 4 + random.below(4)))
    }
  }
}
