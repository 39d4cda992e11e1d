import type { Method, Operation } from './operation.ts'

/** One of the eight services, with what a deployment and a gateway's configuration say of it. */
export interface BedService {
  readonly name: string
  readonly tenant: string
  /** Also the namespace in the cluster. */
  readonly application: string
  readonly contact: string
  /** Host of its public operations. */
  readonly host: string
  /** Host that the other services call. */
  readonly meshHost: string
  readonly operations: readonly Operation[]
  /** Routes that several operations share, by name. */
  readonly routes?: Readonly<Record<string, { readonly path: string; readonly methods: readonly Method[] }>>
  readonly replicas: number
  readonly traced: boolean
  /** Weaknesses of the whole service. */
  readonly plainTargets?: true
  readonly plainServer?: true
  readonly slow?: true
}

/** A service of one of the two applications. */
export function serviceOf(
  name: string,
  application: 'storefront' | 'fulfilment',
  rest: Pick<BedService, 'operations' | 'replicas'> & Partial<BedService>,
): BedService {
  return {
    name,
    application,
    tenant: application === 'storefront' ? 'hanse-handel' : 'nordkap-logistik',
    contact: `${name}-team@${application}.example`,
    host: `api.${application}.example`,
    meshHost: `${name}.mesh.example`,
    traced: true,
    ...rest,
  }
}
