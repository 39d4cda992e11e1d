import { isSecret, type DataClass } from '../model/data-class.ts'
import type { ClassSeen, Operation } from '../model/operation.ts'

/** Data that says something of one person and is not usually published. Names, places and addresses of machines alone are not enough. */
const personal: ReadonlySet<DataClass> = new Set([
  'email',
  'phone',
  'payment-card',
  'iban',
  'national-id',
  'postal-address',
  'birth-date',
])

export function isPersonal(dataClass: DataClass): boolean {
  return personal.has(dataClass)
}

export type Place = 'path' | 'query' | 'header' | 'cookie' | 'request' | 'response'

/** Where a class was seen: the place, the status of a response, and the pointer or name there. */
export function placeOf(where: string): { readonly place: Place; readonly status: number | null; readonly at: string } {
  const response = /^response (\d{3}):(.*)$/s.exec(where)
  if (response !== null) return { place: 'response', status: Number(response[1]), at: response[2] as string }
  if (where.startsWith('request:')) return { place: 'request', status: null, at: where.slice('request:'.length) }
  const [place = '', ...name] = where.split('.')
  return { place: place as Place, status: null, at: name.join('.') }
}

/** Seen too rarely, a class may be a chance hit: three calls, and one in a hundred of the operation's. */
export function isEstablished(operation: Operation, { seen }: ClassSeen): boolean {
  return seen >= 3 && seen >= operation.traffic.calls / 100
}

/** Established classes in one place, of those that `is` takes. */
export function classesIn(operation: Operation, place: Place, is: (dataClass: DataClass) => boolean): ClassSeen[] {
  return operation.classes.filter(
    one => placeOf(one.where).place === place && is(one.class) && isEstablished(operation, one),
  )
}

/** Personal or secret data, either way, in body or address. */
export function sensitiveClasses(operation: Operation): ClassSeen[] {
  return operation.classes.filter(
    one => (isPersonal(one.class) || isSecret(one.class)) && isEstablished(operation, one),
  )
}

/** `email in response 200:/items/[]/email (412 calls)`. */
export function classWords({ class: dataClass, where, seen }: ClassSeen): string {
  return `${dataClass} in ${where} (${seen} calls)`
}
