/** Kinds of data that a value can be told to be, each by more than a pattern (check digits, registries, structure). */
export const dataClasses = [
  'email',
  'phone',
  'payment-card',
  'iban',
  'national-id',
  'person-name',
  'postal-address',
  'birth-date',
  'location',
  'ip-address',
  'password',
  'token',
  'api-key',
  'private-key',
  'secret',
] as const

export type DataClass = (typeof dataClasses)[number]

const secret: ReadonlySet<DataClass> = new Set(['password', 'token', 'api-key', 'private-key', 'secret'])

/** Credentials and keys, against data about people. */
export function isSecret(dataClass: DataClass): boolean {
  return secret.has(dataClass)
}
