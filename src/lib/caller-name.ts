/** Longer names are cut, and then say `…`. */
export const callerNameMax = 256

/**
 * One name for who called, the same in the data plane and in insight: `method issuer subject` (`-`: no issuer; spaces of the issuer escaped, so that
 * nobody can shift where it ends), cut to 256 UTF-16 units.
 */
export function principalName(method: string, issuer: string | null, subject: string): string {
  const whole = `${method} ${issuer === null || issuer === '' ? '-' : oneWord(issuer)} ${subject}`
  return whole.length > callerNameMax ? `${whole.slice(0, callerNameMax)}…` : whole
}

/** Names of CAs have spaces; with them nobody could tell where the issuer ends and the subject begins. */
function oneWord(issuer: string): string {
  return issuer.replace(/[%\s]/gu, encodeURIComponent)
}
