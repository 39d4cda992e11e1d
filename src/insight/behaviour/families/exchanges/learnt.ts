import { FieldProfile } from '../../../profiles/field-profile.ts'
import { KindsSeen } from '../../../profiles/kinds-seen.ts'
import { NamesProfile } from '../../../profiles/names-profile.ts'
import { isPairs } from '../../../profiles/operation-profile.ts'
import { Operations } from '../../../profiles/operations.ts'
import { PaceProfile } from '../../../profiles/pace-profile.ts'

/** Header fields and cookies of one name, whatever the operation. */
export const sharedFieldsMax = 512
const hostsMax = 256
const principalsMax = 16_384
const headerNamesMax = 256

/** What a model of exchanges has learnt. */
export interface Learnt {
  readonly operations: Operations
  /** All values of one place, and of all places, which judge what has little of its own. */
  readonly pooled: Readonly<Record<Pool, FieldProfile>>
  readonly headerFields: Map<string, FieldProfile>
  readonly headers: NamesProfile
  readonly cookies: NamesProfile
  readonly hosts: KindsSeen
  readonly principals: KindsSeen
  readonly pace: PaceProfile
  /** Of values judged since something was learnt; no part of what is learnt. */
  readonly judgedHeaders: Map<string, JudgedHeader>
}

/** Bits of form and of kind or list, and deviations of length. */
export interface JudgedHeader {
  readonly form: number
  readonly odd: number
  readonly distance: number
}

export const pools = ['path', 'query', 'body', 'header', 'cookie', 'name', 'all'] as const
export type Pool = (typeof pools)[number]

/** Lower case, without parameters. */
export function mediaType(contentType: string): string {
  const split = contentType.indexOf(';')
  return (split < 0 ? contentType : contentType.slice(0, split)).trim().toLowerCase()
}

/** Before anything was learnt. */
export function nothingLearnt(): Learnt {
  return {
    operations: new Operations(),
    pooled: Object.fromEntries(pools.map(pool => [pool, new FieldProfile()])) as Record<Pool, FieldProfile>,
    headerFields: new Map(),
    headers: new NamesProfile(headerNamesMax),
    cookies: new NamesProfile(headerNamesMax),
    hosts: new KindsSeen(hostsMax),
    principals: new KindsSeen(principalsMax),
    pace: new PaceProfile(),
    judgedHeaders: new Map(),
  }
}

/** Throws a RangeError on what is no dump. */
export function restoreLearnt(dump: unknown): Learnt {
  const { operations, pooled, headerFields, headers, cookies, hosts, principals, pace } = (dump ?? {}) as Readonly<
    Record<string, unknown>
  >
  if (!Array.isArray(pooled) || pooled.length !== pools.length || !isPairs(headerFields))
    throw new RangeError('not the dump of a model of exchanges')
  const profiles = (pooled as unknown[]).map(one => FieldProfile.restore(one))
  return {
    operations: Operations.restore(operations),
    pooled: Object.fromEntries(pools.map((pool, i) => [pool, profiles[i]])) as Record<Pool, FieldProfile>,
    headerFields: new Map(headerFields.map(([name, field]) => [name, FieldProfile.restore(field)])),
    headers: NamesProfile.restore(headers, headerNamesMax),
    cookies: NamesProfile.restore(cookies, headerNamesMax),
    hosts: KindsSeen.restore(hosts, hostsMax),
    principals: KindsSeen.restore(principals, principalsMax),
    pace: PaceProfile.restore(pace),
    judgedHeaders: new Map(),
  }
}

/** JSON-ready; `restoreLearnt` reads it. */
export function dumpLearnt(learnt: Learnt): Readonly<Record<string, unknown>> {
  return {
    operations: learnt.operations.dump(),
    pooled: pools.map(pool => learnt.pooled[pool].dump()),
    headerFields: [...learnt.headerFields]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, field.dump()]),
    headers: learnt.headers.dump(),
    cookies: learnt.cookies.dump(),
    hosts: learnt.hosts.dump(),
    principals: learnt.principals.dump(),
    pace: learnt.pace.dump(),
  }
}
