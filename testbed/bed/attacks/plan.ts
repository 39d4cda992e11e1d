import type { DayParts } from '../offline.ts'
import type { Random } from '../random.ts'
import type { Step } from '../steps.ts'
import { attackClasses } from './list.ts'
import { type AttackClass, createStage, type Origin } from './stage.ts'

const origins: readonly Origin[] = ['outside', 'pod', 'forged']

/** A day with every variant of every class from everywhere: the same stream gives the same attacks. */
export function attackSteps(parts: DayParts, random: Random, acceptance: boolean): Step[] {
  return attackClasses.flatMap(attack =>
    Object.keys(attack.variants).flatMap(variant =>
      origins.flatMap((origin, n) => {
        const id = `${attack.name}/${variant}/${attack.inside === true ? `pod-${n + 1}` : origin}`
        const { stage, steps } = createStage({
          parts,
          random: random.fork(id),
          origin: attack.inside === true ? 'pod' : origin,
          acceptance,
          mark: markOf(attack, variant, id),
          most: Number.POSITIVE_INFINITY,
          sender: parts.sender,
        })
        attack.variants[variant]?.(stage)
        return steps
      }),
    ),
  )
}

export function markOf(attack: AttackClass, variant: string, id: string) {
  const chain = attack.chain === true
  return { attack: id, class: attack.name, variant, whole: chain, traced: chain }
}
