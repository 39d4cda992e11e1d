/** Thrown by the quick reader for everything that it does not surely read as the full parser would. */
export const giveUp = Symbol('not plain')

/** Words that are no texts: as keys they are left to the full parser. */
export const wordLike = /^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE)$/
const decimal = /^(?:0|[1-9][0-9]{0,14})$/
const numberLike =
  /^[-+]?(?:[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))$|^\.(?:nan|NaN|NAN)$/

/** Characters that may begin a plain scalar here; indicators are left to the full parser. */
const plainStart = /^(?:[A-Za-z0-9_$/.(~+^;<=\\\u00a0-\ud7ff\ue000-\ufffd]|:[0-9]|-[0-9A-Za-z])/

/** A plain scalar by the core schema of YAML 1.2. Throws `giveUp` for what the full parser must decide. */
export function plainScalar(written: string): unknown {
  const c = written.charCodeAt(0)
  if (((c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 126) && !wordLike.test(written)) return written
  if (!plainStart.test(written)) throw giveUp
  if (decimal.test(written)) return Number(written)
  if (numberLike.test(written)) throw giveUp
  switch (written) {
    case 'true':
      return true
    case 'false':
      return false
    case 'null':
    case '~':
      return null
    default:
      if (wordLike.test(written)) throw giveUp
      return written
  }
}
