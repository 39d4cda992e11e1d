import type { Severity } from '../../core/finding.ts'
import type { AddressSeen, KeptAnomaly } from '../../insight/detection/anomaly-list.ts'
import type { Account, Incident } from './incident.ts'

const namesMax = 50
const anomaliesMax = 200
const accountsMax = 20
const eventsMax = 40

const ascending: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical']

/** 1 info … 5 critical. */
export function severityRank(severity: Severity): number {
  return ascending.indexOf(severity) + 1
}

/** An incident that begins with an anomaly. */
export function incidentOf(number: number, anomaly: KeptAnomaly): Incident {
  const nothing: Incident = {
    number,
    state: 'open',
    severity: 'info',
    classes: [],
    codes: [],
    anomalies: [],
    actors: [],
    principals: [],
    addresses: [],
    internal: false,
    operations: [],
    firstSeen: anomaly.first,
    lastSeen: anomaly.last,
    reports: 0,
    accounts: [],
    references: [],
    events: [],
    history: [],
  }
  return mergeAnomaly(nothing, anomaly, 0)
}

/** The incident with an anomaly as it is now; `known`: reports of it that were counted before. Everything stays bounded. */
export function mergeAnomaly(incident: Incident, anomaly: KeptAnomaly, known: number): Incident {
  const code = codeOf(anomaly)
  const addresses = mergeAddresses(incident.addresses, anomaly.addresses)
  const internal = incident.internal || addresses.some(address => address.internal)
  const gravest = Math.max(gravity(incident), severityRank(anomaly.severity))
  return {
    ...incident,
    severity: ascending[Math.min(ascending.length, gravest + (internal ? 1 : 0)) - 1] as Severity,
    classes: joined(incident.classes, [anomaly.detector]),
    codes: joined(incident.codes, [code]),
    anomalies: [...new Set([...incident.anomalies, anomaly.number])].slice(-anomaliesMax),
    actors:
      anomaly.actor === null || anomaly.principals.includes(anomaly.actor)
        ? incident.actors
        : joined(incident.actors, [anomaly.actor]),
    principals: joined(incident.principals, anomaly.principals),
    addresses,
    internal,
    operations: joined(incident.operations, anomaly.operations),
    firstSeen: anomaly.first < incident.firstSeen ? anomaly.first : incident.firstSeen,
    lastSeen: anomaly.last > incident.lastSeen ? anomaly.last : incident.lastSeen,
    reports: incident.reports + Math.max(0, anomaly.reports - known),
    accounts: mergeAccounts(incident.accounts, code, anomaly),
    references: joined(incident.references, anomaly.references),
    events: [...new Set([...incident.events, ...anomaly.events])].slice(-eventsMax),
  }
}

export function codeOf({ detector, code }: KeptAnomaly): string {
  return `${detector}/${code}`
}

/** Rank before the origin raised it. */
function gravity({ severity, internal, anomalies }: Incident): number {
  if (anomalies.length === 0) return 0
  // What was critical already could not be raised.
  return severityRank(severity) - (internal && severity !== 'critical' ? 1 : 0)
}

/** Of each code the strangest is told. */
function mergeAccounts(accounts: readonly Account[], code: string, anomaly: KeptAnomaly): readonly Account[] {
  const { title, explanation, evidence, normal, deviation, threshold } = anomaly
  const told: Account = { code, title, explanation, evidence, normal, deviation, threshold }
  const at = accounts.findIndex(account => account.code === code)
  if (at === -1) return [...accounts, told].slice(0, accountsMax)
  const before = accounts[at] as Account
  return ratio(before) > ratio(told) ? accounts : accounts.with(at, told)
}

function ratio({ deviation, threshold }: Account): number {
  return deviation / Math.max(1e-9, threshold)
}

function mergeAddresses(before: readonly AddressSeen[], now: readonly AddressSeen[]): readonly AddressSeen[] {
  const known = new Map(before.map(one => [one.address, one]))
  for (const one of now) if (!known.has(one.address) && known.size < namesMax) known.set(one.address, one)
  return known.size === before.length ? before : [...known.values()]
}

function joined(before: readonly string[], now: readonly string[]): readonly string[] {
  if (now.every(one => before.includes(one))) return before
  return [...new Set([...before, ...now])].slice(0, namesMax)
}
