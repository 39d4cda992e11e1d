import type { BedService } from './service.ts'
import { accounts } from './services/accounts.ts'
import { carts } from './services/carts.ts'
import { catalogue } from './services/catalogue.ts'
import { notifications } from './services/notifications.ts'
import { orders } from './services/orders.ts'
import { payments } from './services/payments.ts'
import { search } from './services/search.ts'
import { shipping } from './services/shipping.ts'

/** The eight services. */
export const services: readonly BedService[] = [
  accounts,
  catalogue,
  search,
  carts,
  orders,
  payments,
  shipping,
  notifications,
]

/** Partners with an API key each. */
export const partners = ['marktplatz', 'vergleich', 'kontor'] as const
export type Partner = (typeof partners)[number]

/** SPIFFE id of a service's workload. */
export function spiffeOf({ name, application }: Pick<BedService, 'name' | 'application'>): string {
  return `spiffe://cluster.local/ns/${application}/sa/${name}`
}

export function serviceNamed(name: string): BedService {
  const found = services.find(service => service.name === name)
  if (found === undefined) throw new Error(`there is no service ${name}`)
  return found
}
