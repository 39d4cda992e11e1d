const multiply = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
] as const

const permute = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
] as const

/** Do the digits end in the right check digit (Verhoeff 1969, over the dihedral group D5)? Finds every wrong digit and every swap of neighbours. */
export function isVerhoeff(digits: string): boolean {
  if (!/^\d+$/.test(digits)) return false
  let check = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    const row = permute[i % 8] as string
    check = (multiply[check] as string).charCodeAt(row.charCodeAt(digit) - 48) - 48
  }
  return check === 0
}
