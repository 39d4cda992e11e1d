import { assess } from '../../src/insight/posture/assess.ts'
import { headingOf } from '../../src/insight/posture/catalogue.ts'
import { headings, type Heading } from '../../src/insight/posture/input.ts'
import type { LearntBed } from './learnt-bed.ts'
import { shapeOf } from './operations.ts'

const fourHeadings: readonly Heading[] = ['connection', 'access', 'parameters', 'responses']

/** The whole estate, as posture judges it at the end of the day, against what is known to be weak. */
export function judgedBed({ truth, parts, loaded }: LearntBed) {
  const { findings } = assess({
    config: loaded.config,
    operations: parts.inventory.operations(),
    documents: parts.inventory.documents(),
    imported: [],
    suppressions: [],
    now: Date.parse(truth.to),
  })
  const key = ({ rule, subject }: { readonly rule: string; readonly subject: string }): string =>
    `${rule} at ${shapeOf(subject)}`
  const said = new Set(findings.map(key))
  const seeded = new Set(truth.weaknesses.map(key))
  const follows = new Set(truth.consequences.map(key))
  const missed = [...seeded].filter(one => !said.has(one))
  const counted = truth.weaknesses.filter(({ rule }) => fourHeadings.includes(headingOf(rule)))
  const untrue = [...said].filter(one => !seeded.has(one) && !follows.has(one))
  const sound = truth.operations.filter(one => one.sound).length
  return {
    seeded: seeded.size,
    missed,
    underFour: counted.length,
    missedUnderFour: counted.filter(one => missed.includes(key(one))).length,
    byHeading: fourHeadings
      .map(heading => `${headings[heading]} ${counted.filter(({ rule }) => headingOf(rule) === heading).length}`)
      .join(', '),
    untrue,
    sound,
  }
}
