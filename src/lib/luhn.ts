/** Do the digits end in the right check digit (ISO/IEC 7812-1 annex B, "mod 10")? Digits only; '' is false. */
export function isLuhn(digits: string): boolean {
  let sum = 0
  for (let i = digits.length - 1, twice = false; i >= 0; i--, twice = !twice) {
    const digit = digits.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return false
    sum += !twice ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return digits !== '' && sum % 10 === 0
}
