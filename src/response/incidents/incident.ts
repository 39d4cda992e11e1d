import type { Severity } from '../../core/finding.ts'
import type { AddressSeen } from '../../insight/detection/anomaly-list.ts'

/** Anomalies that belong together, with a life. Plain data, as it is kept. */
export interface Incident {
  /** Counts up from 1; never used again. */
  readonly number: number
  readonly state: IncidentState
  /** Of the gravest anomaly; one more when it came from inside. */
  readonly severity: Severity
  /** Detectors that spoke, in the order in which they did. */
  readonly classes: readonly string[]
  /** Finding codes as `detector/code`. */
  readonly codes: readonly string[]
  /** Numbers of its anomalies. */
  readonly anomalies: readonly number[]
  /** Sessions and addresses that acted without proof, as `session HASH`, `address 192.0.2.7`. */
  readonly actors: readonly string[]
  /** `method issuer subject`. */
  readonly principals: readonly string[]
  readonly addresses: readonly AddressSeen[]
  /** From inside: a pod's address, or one of `networks.internal`. */
  readonly internal: boolean
  readonly operations: readonly string[]
  /** Event times, RFC 3339 UTC. */
  readonly firstSeen: string
  readonly lastSeen: string
  /** How often detectors said so. */
  readonly reports: number
  /** By code: what was seen and what was normal. No values of queries, headers or bodies. */
  readonly accounts: readonly Account[]
  /** OWASP API Security Top 10 and MITRE ATT&CK. */
  readonly references: readonly string[]
  /** Ids of some of its events, the latest last. */
  readonly events: readonly string[]
  /** What people did to it, oldest first. */
  readonly history: readonly Step[]
}

/** `open` until a person says otherwise; what goes on after it was closed is a new incident. */
export type IncidentState = 'open' | 'acknowledged' | 'closed'

/** What one detector says. */
export interface Account {
  /** `detector/code`. */
  readonly code: string
  readonly title: string
  readonly explanation: string
  readonly evidence: readonly string[]
  readonly normal: string
  readonly deviation: number
  readonly threshold: number
}

/** What a person did. */
export interface Step {
  readonly action: 'acknowledge' | 'close' | 'accept' | 'reopen'
  readonly author: string
  readonly reason: string
  /** RFC 3339 UTC. */
  readonly at: string
}

/** What a person has accepted as normal with an incident: anomalies like it make none any more, until it is reopened. */
export interface Acceptance extends Omit<Step, 'action'> {
  /** Of the incident. */
  readonly number: number
  readonly things: readonly AcceptedThing[]
}

/** A finding code of one actor; of what is no one actor's (`actor` ''), about one operation. */
export interface AcceptedThing {
  readonly code: string
  readonly actor: string
  readonly operation: string
}
