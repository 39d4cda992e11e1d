import { headings, type Heading } from './input.ts'
import type { Rule } from './rule.ts'
import { probeRuleOf } from './probe/terms.ts'
import { rules } from './rules/index.ts'

const byId: ReadonlyMap<string, Rule> = new Map(rules.map(rule => [rule.id, rule]))

/** null: not ours, so another scanner's. */
export function ruleOf(id: string): Rule | null {
  return byId.get(id) ?? null
}

/** Heading of a finding by its rule; what only other scanners found is told under the exposed surface. */
export function headingOf(rule: string): Heading {
  return byId.get(rule)?.heading ?? probeRuleOf(rule)?.heading ?? 'surface'
}

/** `Encrypted connection` … */
export function headingTitle(rule: string): string {
  return headings[headingOf(rule)]
}
