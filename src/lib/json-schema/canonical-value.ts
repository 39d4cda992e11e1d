/** One text per JSON value, whatever the order of members: equal texts = equal values (JSON Schema 2020-12 §4.2.2). */
export function canonicalValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalValue).join(',')}]`
  if (value === null || typeof value !== 'object') return Object.is(value, -0) ? '0' : JSON.stringify(value)
  const record = value as Record<string, unknown>
  const members = Object.keys(record)
    .sort()
    .map(key => `${JSON.stringify(key)}:${canonicalValue(record[key])}`)
  return `{${members.join(',')}}`
}

/** Is `value` a whole multiple of `divisor`, as decimals? Doubles would call 0.3 no multiple of 0.1, and a tolerance lets 10.000000001 pass for cents. */
export function isMultiple(value: number, divisor: number): boolean {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor)) return value % divisor === 0
  const [a, aScale] = decimal(value)
  const [b, bScale] = decimal(divisor)
  const scale = Math.max(aScale, bScale)
  return (a * 10n ** BigInt(scale - aScale)) % (b * 10n ** BigInt(scale - bScale)) === 0n
}

/** The shortest decimal of a double: value = digits × 10^-scale. */
function decimal(value: number): [digits: bigint, scale: number] {
  const [mantissa = '', exponent = '0'] = String(value).split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return [BigInt(whole + fraction), fraction.length - Number(exponent)]
}
