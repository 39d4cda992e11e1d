/** Throws unless each of these fields of a stored row is a finite number ≥ 0. */
export function requireNumbers(row: object, names: readonly string[]): void {
  for (const name of names) {
    const value: unknown = (row as Readonly<Record<string, unknown>>)[name]
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw new Error(`${name} is no number`)
  }
}
