/** How sure it is that the configuration lets somebody through. `unknown`: his token's scopes or his certificate's names are not known here. */
export type Granted = 'yes' | 'unknown' | 'no'

/**
 * Those who call, as one counts them: a principal; everybody whom one issuer vouches for (people come and go); whoever else an issuer vouches
 * for beside the principals that are named; anybody, without proof.
 */
export interface Guest {
  /** Unique. */
  readonly id: string
  readonly kind: 'principal' | 'group' | 'others' | 'anybody'
  readonly method: string
  readonly issuer: string
  /** '' unless a principal. */
  readonly subject: string
  /** How many distinct callers it stands for, as far as they were seen. */
  readonly callers: number
}

export const anybody: Guest = {
  id: 'anybody',
  kind: 'anybody',
  method: 'anonymous',
  issuer: '',
  subject: '',
  callers: 0,
}

/** What a guest did with one operation. */
export interface Use {
  /** Let through by the gateway. */
  passed: number
  /** Of these, answered 401 or 403 by the service. */
  denied: number
  /** By the gateway. */
  refused: number
  /** Unix time, ms. */
  firstMs: number
  lastMs: number
}

/** For people: the caller's name as the inventory shows it, else what it stands for. */
export function guestName({ kind, method, issuer, subject, callers }: Guest): string {
  const from = `${method} ${issuer === '' ? '-' : issuer}`
  switch (kind) {
    case 'principal':
      return `${from} ${subject}`
    case 'group':
      return `${from} * (${callers} callers)`
    case 'others':
      return `${from} (anyone else)`
    case 'anybody':
      return 'anybody'
    default:
      return kind satisfies never
  }
}
