import { isLuhn } from './luhn.ts'
import { isVerhoeff } from './verhoeff.ts'

/** One kind of number that a state gives to a person. */
export interface NationalId {
  readonly country: string
  readonly name: string
  /**
   * How much the text itself proves. `strong`: chance alone makes fewer than one of 1,000 texts of this length so; `written`: only in its usual
   * punctuation; `weak`: needs a field that says what it is.
   */
  readonly proof: 'strong' | 'written' | 'weak'
}

interface Rule extends NationalId {
  /** The whole text, in its usual punctuation or without. */
  readonly form: RegExp
  /** With the usual punctuation: what `written` asks for. */
  readonly punctuated?: RegExp
  /** On letters (upper case) and digits alone. */
  valid(plain: string): boolean
}

const rules: readonly Rule[] = [
  {
    // SSA, "Social Security Number Randomization": no 000, 666, 9xx area, no 00 group, no 0000 serial.
    country: 'US', name: 'SSN', proof: 'written',
    form: /^\d{3}-?\d{2}-?\d{4}$/, punctuated: /^\d{3}-\d{2}-\d{4}$/,
    valid: n => !/^(?:000|666|9)/.test(n) && n.slice(3, 5) !== '00' && n.slice(5) !== '0000' && !sameDigits(n) && n !== '123456789',
  },
  {
    // HMRC NIM39110: letters that are not used, prefixes that are not given.
    country: 'GB', name: 'NINO', proof: 'written',
    form: /^[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]$/i, punctuated: /^[A-Z]{2} \d{2} \d{2} \d{2} [A-D]$/,
    valid: n => /^[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]/.test(n) && !/^(?:BG|GB|KN|NK|NT|TN|ZZ)/.test(n),
  },
  {
    country: 'DE', name: 'Steuer-ID', proof: 'weak', form: /^\d{2} ?\d{3} ?\d{3} ?\d{3}$/, valid: isSteuerId,
  },
  {
    country: 'FR', name: 'NIR', proof: 'strong',
    form: /^[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}$/i, valid: isNir,
  },
  {
    country: 'ES', name: 'DNI', proof: 'weak', form: /^(?:\d{8}|[XYZ]-?\d{7})[ -]?[A-Z]$/i, valid: isDni,
  },
  {
    country: 'IT', name: 'codice fiscale', proof: 'strong',
    form: /^[A-Z]{6}[\dLMNP-V]{2}[ABCDEHLMPRST][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]$/i, valid: isCodiceFiscale,
  },
  {
    country: 'PL', name: 'PESEL', proof: 'weak', form: /^\d{11}$/,
    valid: n => isPeselDate(n) && weighted(n, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0,
  },
  {
    // The eleven-test of the Dutch tax office: the last weight is -1.
    country: 'NL', name: 'BSN', proof: 'weak', form: /^\d{9}$/,
    valid: n => !sameDigits(n) && weighted(n, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
  },
  {
    country: 'BR', name: 'CPF', proof: 'written',
    form: /^\d{3}\.?\d{3}\.?\d{3}-?\d{2}$/, punctuated: /^\d{3}\.\d{3}\.\d{3}-\d{2}$/, valid: isCpf,
  },
  {
    country: 'IN', name: 'Aadhaar', proof: 'weak', form: /^[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}$/, valid: n => isVerhoeff(n) && !sameDigits(n),
  },
  {
    country: 'IN', name: 'PAN', proof: 'weak', form: /^[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]$/, valid: () => true,
  },
  {
    country: 'SE', name: 'personnummer', proof: 'written',
    form: /^(?:\d{2})?\d{6}[-+]?\d{4}$/, punctuated: /^(?:\d{2})?\d{6}[-+]\d{4}$/,
    valid: n => isMonthDay(n.slice(-8, -4), 60) && isLuhn(n.slice(-10)),
  },
  {
    country: 'FI', name: 'henkilötunnus', proof: 'strong', form: /^\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]$/i, valid: isHetu,
  },
  {
    country: 'NO', name: 'fødselsnummer', proof: 'weak', form: /^\d{6} ?\d{5}$/,
    valid: n =>
      weighted(n, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0]) % 11 === 0 && weighted(n, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0 && !sameDigits(n),
  },
  {
    country: 'BE', name: 'rijksregisternummer', proof: 'written',
    form: /^\d{2}\.?\d{2}\.?\d{2}-?\d{3}\.?\d{2}$/, punctuated: /^\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}$/,
    valid: n => [n.slice(0, 9), `2${n.slice(0, 9)}`].some(base => 97 - (Number(base) % 97) === Number(n.slice(9))),
  },
  {
    country: 'CH', name: 'AHV', proof: 'written', form: /^756\.?\d{4}\.?\d{4}\.?\d{2}$/, punctuated: /^756\.\d{4}\.\d{4}\.\d{2}$/,
    valid: n => weighted(n, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0,
  },
  {
    country: 'PT', name: 'NIF', proof: 'weak', form: /^[1235689]\d{8}$/,
    valid: n => Number(n[8]) === ((11 - (weighted(n.slice(0, 8), [9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11) % 10,
  },
  {
    country: 'CA', name: 'SIN', proof: 'weak', form: /^[1-79]\d{2}[ -]?\d{3}[ -]?\d{3}$/, valid: n => isLuhn(n) && !sameDigits(n),
  },
  {
    country: 'AU', name: 'TFN', proof: 'weak', form: /^\d{3} ?\d{3} ?\d{3}$/,
    valid: n => !sameDigits(n) && weighted(n, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0,
  },
  {
    // GB 11643: date of birth inside, ISO 7064 mod 11-2.
    country: 'CN', name: 'resident identity number', proof: 'strong', form: /^[1-8]\d{5}(?:19|20)\d{9}[\dX]$/i,
    valid: n =>
      isMonthDay(n.slice(10, 14), 0) &&
      '10X98765432'[weighted(n.slice(0, 17), [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] === n[17],
  },
  {
    country: 'KR', name: 'resident registration number', proof: 'written', form: /^\d{6}-?[1-8]\d{6}$/, punctuated: /^\d{6}-[1-8]\d{6}$/,
    valid: n => isMonthDay(n.slice(2, 6), 0) && (11 - (weighted(n.slice(0, 12), [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10 === Number(n[12]),
  },
  {
    country: 'TR', name: 'kimlik no', proof: 'weak', form: /^[1-9]\d{10}$/, valid: isKimlik,
  },
  {
    country: 'ZA', name: 'ID number', proof: 'weak', form: /^\d{10}[012]\d{2}$/, valid: n => isMonthDay(n.slice(2, 6), 0) && isLuhn(n),
  },
  {
    country: 'SG', name: 'NRIC', proof: 'weak', form: /^[STFG]\d{7}[A-Z]$/i, valid: isNric,
  },
  {
    country: 'MX', name: 'CURP', proof: 'strong',
    form: /^[A-Z][AEIOUX][A-Z]{2}\d{6}[HM](?:AS|B[CS]|C[CLMSH]|D[FG]|G[TR]|HG|JC|M[CNS]|N[ETL]|OC|PL|Q[TR]|S[PLR]|T[CSL]|VZ|YN|ZS)[B-DF-HJ-NP-TV-Z]{3}[A-Z\d]\d$/i,
    valid: isCurp,
  },
] // biome-ignore format: a table

/** Which national id a text is (without a name none has 9, 10, 12, 17 or more than 21 characters); `named`: its field says that it is one, so that a number with the right check digit is enough. */
export function nationalId(text: string, named: boolean): NationalId | null {
  const { length } = text
  if (length < 9 || length > 24 || (!named && (length < 11 || length === 12 || length === 17 || length > 21)))
    return null
  for (const rule of rules) {
    if (!named && (rule.proof === 'weak' || (rule.proof === 'written' && rule.punctuated?.test(text) !== true)))
      continue
    if (rule.form.test(text) && rule.valid(text.replace(/[^0-9A-Za-z]/g, '').toUpperCase())) return rule
  }
  return null
}

function weighted(digits: string, weights: readonly number[]): number {
  let sum = 0
  for (const [i, weight] of weights.entries()) sum += weight * (digits.charCodeAt(i) - 48)
  return sum
}

function sameDigits(digits: string): boolean {
  return digits === (digits[0] as string).repeat(digits.length)
}

/** `MMDD`; Swedish co-ordination numbers add 60 to the day. */
function isMonthDay(text: string, dayShift: number): boolean {
  const month = Number(text.slice(0, 2))
  const day = Number(text.slice(2))
  return (
    month >= 1 && month <= 12 && ((day >= 1 && day <= 31) || (dayShift > 0 && day > dayShift && day <= dayShift + 31))
  )
}

/** § 139b AO: no leading zero, one digit of the first ten comes twice or three times, check digit by ISO 7064 mod 11,10. */
function isSteuerId(n: string): boolean {
  if (n.startsWith('0')) return false
  const counts = Array.from({ length: 10 }, () => 0)
  for (const digit of n.slice(0, 10)) counts[Number(digit)] = (counts[Number(digit)] as number) + 1
  if (counts.filter(count => count > 1).length !== 1 || Math.max(...counts) > 3) return false
  let product = 10
  for (const digit of n.slice(0, 10)) {
    const sum = (Number(digit) + product) % 10
    product = ((sum === 0 ? 10 : sum) * 2) % 11
  }
  return (11 - product) % 10 === Number(n[10])
}

/** INSEE: 97 minus the number modulo 97; Corsican departments count as 19 and 18. */
function isNir(n: string): boolean {
  const number = Number(n.slice(0, 13).replace('2A', '19').replace('2B', '18'))
  return 97 - (number % 97) === Number(n.slice(13))
}

function isDni(n: string): boolean {
  const number = Number(n.slice(0, 8).replace('X', '0').replace('Y', '1').replace('Z', '2'))
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23] === n[8]
}

const oddValues = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]

/** D.M. 12/03/1974: letters and digits in odd places count by a table, in even ones by their order. */
function isCodiceFiscale(n: string): boolean {
  let sum = 0
  for (let i = 0; i < 15; i++) {
    const code = n.charCodeAt(i)
    const order = code < 65 ? code - 48 : code - 65
    sum += i % 2 === 0 ? (oddValues[order] as number) : order
  }
  return n.charCodeAt(15) - 65 === sum % 26
}

/** The month carries the century: +80, +0, +20, +40, +60. */
function isPeselDate(n: string): boolean {
  return isMonthDay(String(Number(n.slice(2, 4)) % 20).padStart(2, '0') + n.slice(4, 6), 0)
}

function isCpf(n: string): boolean {
  if (sameDigits(n)) return false
  const digit = (length: number): number => {
    const sum = weighted(
      n,
      Array.from({ length }, (_, i) => length + 1 - i),
    )
    return ((sum * 10) % 11) % 10
  }
  return digit(9) === Number(n[9]) && digit(10) === Number(n[10])
}

function isHetu(n: string): boolean {
  const [day, month] = [Number(n.slice(0, 2)), n.slice(2, 4)]
  // `-` and `+` were dropped with the punctuation; letters of the century were not.
  const digits = n.slice(0, 6) + n.slice(-4, -1)
  return (
    isMonthDay(month + String(day).padStart(2, '0'), 0) &&
    '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(digits) % 31] === n.at(-1)
  )
}

function isKimlik(n: string): boolean {
  const d = Array.from(n, Number)
  const odd = weighted(n, [1, 0, 1, 0, 1, 0, 1, 0, 1])
  const even = weighted(n, [0, 1, 0, 1, 0, 1, 0, 1])
  const sum = d.slice(0, 10).reduce((a, b) => a + b, 0)
  return (((odd * 7 - even) % 10) + 10) % 10 === d[9] && sum % 10 === d[10]
}

function isNric(n: string): boolean {
  const first = n[0] as string
  const sum = weighted(n.slice(1, 8), [2, 7, 6, 5, 4, 3, 2]) + (first === 'T' || first === 'G' ? 4 : 0)
  return (first === 'S' || first === 'T' ? 'JZIHGFEDCBA' : 'XWUTRQPNMLK')[sum % 11] === n[8]
}

const curpDigits = '0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ'

/** RENAPO: weights 18 to 2, mod 10. */
function isCurp(n: string): boolean {
  let sum = 0
  for (let i = 0; i < 17; i++) sum += curpDigits.indexOf(n[i] as string) * (18 - i)
  return isMonthDay(n.slice(6, 10), 0) && (10 - (sum % 10)) % 10 === Number(n[17])
}
