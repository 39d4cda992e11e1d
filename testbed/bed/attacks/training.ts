import { makePerson, type Person } from '../person.ts'
import type { DayParts } from '../offline.ts'
import type { Random } from '../random.ts'
import type { Step } from '../steps.ts'
import type { World } from '../world.ts'
import { attackClasses } from './list.ts'
import { markOf } from './plan.ts'
import { createStage, type Origin } from './stage.ts'

/** Calls of one attack that is hidden among the days to learn from. */
const hiddenMost = 30
const origins: readonly Origin[] = ['outside', 'pod', 'forged']
/** Nobody overlooks these. */
const loud = new Set(['denial-of-service', 'volume', 'adversary'])

/** Attacks in this share (0–1) of a day's calls, small enough to be overlooked; labelled all the same. */
export function poisonSteps(
  parts: DayParts,
  made: readonly Step[],
  words: { readonly random: Random; readonly share: number; readonly acceptance: boolean },
): Step[] {
  const { random, share, acceptance } = words
  const steps: Step[] = []
  // With what services call below: about a fifth more over the day, far more below calls whose chain is the attack.
  const wanted = made.length * share * 1.2
  let planned = 0
  const quiet = attackClasses.filter(({ name }) => !loud.has(name))
  for (let n = 0; planned < wanted; n++) {
    const own = random.fork(String(n))
    const attack = own.pick(quiet)
    const variant = own.pick(Object.keys(attack.variants))
    const origin = attack.inside === true ? 'pod' : own.pick(origins)
    const id = `${attack.name}/${variant}/${origin}/day-${parts.day.day}-${n}`
    const played = createStage({
      parts,
      random: own.fork('stage'),
      origin,
      acceptance,
      mark: markOf(attack, variant, id),
      most: hiddenMost,
      sender: parts.sender,
    })
    attack.variants[variant]?.(played.stage)
    steps.push(...played.steps)
    planned += played.steps.length * (attack.chain === true ? 9 : 1)
  }
  return steps
}

/** Every attack from outside in the first six hours of the first day, when nothing is known yet. */
export function warmUpSteps(parts: DayParts, random: Random, acceptance: boolean): Step[] {
  if (parts.day.day > 0) return []
  return attackClasses
    .filter(({ name }) => !loud.has(name))
    .flatMap(attack =>
      Object.keys(attack.variants).flatMap(variant => {
        const id = `${attack.name}/${variant}/warm-up`
        const { stage, steps } = createStage({
          parts,
          random: random.fork(id),
          origin: attack.inside === true ? 'pod' : 'outside',
          acceptance,
          mark: markOf(attack, variant, id),
          most: hiddenMost * 2,
          sender: parts.sender,
          withinMs: 6 * 3_600_000,
        })
        attack.variants[variant]?.(stage)
        return steps
      }),
    )
}

/** One account reads other members' data, a few more every day: the test day's `adversary/slow-drift` is where it ends. */
export function driftSteps(parts: DayParts, random: Random): Step[] {
  const { day, world } = parts.day
  const drift = attackClasses.find(({ name }) => name === 'adversary')
  if (drift === undefined) return []
  const { stage, steps } = createStage({
    parts,
    random: random.fork(String(day)),
    origin: 'outside',
    acceptance: false,
    mark: markOf(drift, 'slow-drift', `adversary/slow-drift/day-${day}`),
    most: Number.POSITIVE_INFINITY,
    sender: parts.sender,
  })
  const fromMs = stage.begin(4 * 3_600_000)
  const actor = stage.actor(fromMs, { person: drifterOf(world) })
  let timeMs = fromMs
  for (let n = Math.round(2 * 1.25 ** day); n > 0; n--) {
    timeMs += Math.floor(stage.random.around(60_000, 0.6)) + 500
    stage.send(timeMs, actor, 'accounts GET /members/{memberNumber}', {
      ids: { memberNumber: stage.random.between(100_000, 999_999) },
      bend: { owner: stage.somebody() },
    })
  }
  return steps
}

/** The same account on every day. */
export function drifterOf(world: World): Person {
  return makePerson(world.random.fork('drifter'))
}
