import type { Finding, Severity } from '../../core/finding.ts'
import { headingOf } from './catalogue.ts'
import type { Estate, Endpoint } from './estate.ts'
import type { Heading } from './input.ts'

/**
 * Scores from 0 to 100. Two parts: security (60) and data validation (40). Every finding takes `points × confidence` from its part; a part
 * never falls below 0. A finding about a route, a service, a listener or the gateway is charged to every operation behind it. Services
 * and tenants have the mean of their operations. So to fix something never lowers a score.
 */
export interface Scores {
  readonly operations: readonly OperationScore[]
  readonly services: readonly GroupScore[]
  readonly tenants: readonly GroupScore[]
  /** The mean over all operations; null without any. */
  readonly overall: number | null
}

export interface OperationScore {
  /** Operation id; `route NAME` for a route of which no operation is known. */
  readonly subject: string
  readonly service: string
  readonly tenant: string | null
  readonly score: number
  readonly security: Part
  readonly data: Part
}

export interface Part {
  readonly max: number
  /** max − the points of all losses, never below 0. */
  readonly score: number
  readonly losses: readonly Loss[]
}

export interface Loss {
  readonly rule: string
  readonly subject: string
  /** points of the severity × confidence, to a tenth. */
  readonly points: number
}

export interface GroupScore {
  readonly name: string
  readonly score: number
  readonly operations: number
  readonly lowest: { readonly subject: string; readonly score: number }
}

export const parts = { security: 60, data: 40 } as const

export const points: Readonly<Record<Severity, number>> = { critical: 50, high: 20, medium: 8, low: 3, info: 0 }

const dataHeadings: ReadonlySet<Heading> = new Set(['parameters', 'responses'])

export function scoresOf(estate: Estate, findings: readonly Finding[]): Scores {
  const bySubject = Map.groupBy(findings, ({ subject }) => subject)
  const everywhere = findings.filter(({ subject }) => subject === 'gateway' || subject.startsWith('listener '))
  const units = [
    ...estate.endpoints.map(one => ({
      subject: one.subject,
      service: one.service,
      tenant: one.operation?.owner?.tenant ?? null,
      charged: chargedTo(one),
    })),
    ...estate.routes
      .filter(({ endpoints }) => endpoints.length === 0)
      .map(({ subject, route }) => ({
        subject,
        service: route.service,
        tenant: null,
        charged: [subject, `service ${route.service}`],
      })),
  ]
  const operations = units.map(({ charged, ...unit }): OperationScore => {
    const losses = [...everywhere, ...charged.flatMap(subject => bySubject.get(subject) ?? [])]
    const security = part(
      parts.security,
      losses.filter(({ rule }) => !dataHeadings.has(headingOf(rule))),
    )
    const data = part(
      parts.data,
      losses.filter(({ rule }) => dataHeadings.has(headingOf(rule))),
    )
    return { ...unit, score: tenth(security.score + data.score), security, data }
  })
  return {
    operations,
    services: groups(operations, ({ service }) => service),
    tenants: groups(operations, ({ tenant }) => tenant),
    overall: operations.length === 0 ? null : mean(operations),
  }
}

/** Subjects whose findings count for an operation. */
function chargedTo({ subject, service, routes }: Endpoint): string[] {
  return [subject, `service ${service}`, ...routes.map(route => route.subject)]
}

function part(max: number, findings: readonly Finding[]): Part {
  const losses = findings
    .map(({ rule, subject, severity, confidence }) => ({ rule, subject, points: tenth(points[severity] * confidence) }))
    .filter(loss => loss.points > 0)
  return { max, score: tenth(Math.max(0, max - losses.reduce((sum, loss) => sum + loss.points, 0))), losses }
}

function groups(scores: readonly OperationScore[], of: (score: OperationScore) => string | null): GroupScore[] {
  return [...Map.groupBy(scores, of)]
    .flatMap(([name, members]) => {
      if (name === null) return []
      const lowest = members.reduce((worst, one) => (one.score < worst.score ? one : worst))
      return [
        {
          name,
          score: mean(members),
          operations: members.length,
          lowest: { subject: lowest.subject, score: lowest.score },
        },
      ]
    })
    .sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1))
}

function mean(scores: readonly { readonly score: number }[]): number {
  return tenth(scores.reduce((sum, { score }) => sum + score, 0) / scores.length)
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10
}
