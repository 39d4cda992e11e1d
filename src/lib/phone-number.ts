/** ITU-T E.164 country codes, by length. */
const codes: ReadonlySet<string> = new Set(
  (
    '1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 ' +
    '211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 246 247 248 ' +
    '249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 ' +
    '359 370 371 372 373 374 375 376 377 378 379 380 381 382 383 385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508 509 590 591 ' +
    '592 593 594 595 596 597 598 599 670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 800 808 850 852 853 ' +
    '855 856 870 878 880 881 882 883 886 888 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 979 992 993 994 995 996 998'
  ).split(' '),
)

const international = /^(?:\+|00)[1-9][\d ()./-]{6,24}$/
const northAmerican = /^(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.-])[2-9]\d{2}[ .-]\d{4}$/
const national = /^\(?\d[\d ()./-]*\d$/
const dated = /^(?:19|20)\d{2}[ ./-]\d{2}[ ./-]\d{2}/

/**
 * Is the text a telephone number? `named`: its field says so, then any national spelling of 7 to 15 digits is one. Without, only E.164 with a
 * country code that exists, or the North American grouping: ten digits alone are as likely an order number.
 */
export function isPhoneNumber(text: string, named: boolean): boolean {
  if (text.length < 7 || text.length > 27) return false
  const digits = text.replace(/\D/g, '')
  if (international.test(text)) {
    const number = text.startsWith('+') ? digits : digits.slice(2)
    if (number.length < 8 || number.length > 15 || !hasCountryCode(number)) return false
    // `00` and digits without a gap may as well be a number filled up with zeros.
    return named || text.startsWith('+') || digits.length !== text.length
  }
  if (northAmerican.test(text)) return true
  return (
    named &&
    digits.length >= 7 &&
    digits.length <= 15 &&
    national.test(text) &&
    !dated.test(text) &&
    !/^(\d)\1+$/.test(digits)
  )
}

function hasCountryCode(number: string): boolean {
  return codes.has(number.slice(0, 1)) || codes.has(number.slice(0, 2)) || codes.has(number.slice(0, 3))
}
