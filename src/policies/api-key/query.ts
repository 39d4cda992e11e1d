/**
 * The decoded values of one parameter of a raw query, all of them: `+` is a space and percent triplets are bytes, as in a
 * form. A value that does not decode stays raw, so that it is refused as a key and not overlooked.
 */
export function queryValues(query: string, name: string): string[] {
  const values: string[] = []
  for (const part of query.split('&')) {
    const equals = part.indexOf('=')
    const written = equals === -1 ? part : part.slice(0, equals)
    if (decode(written) === name) values.push(equals === -1 ? '' : decode(part.slice(equals + 1)))
  }
  return values
}

function decode(written: string): string {
  if (!/[%+]/.test(written)) return written
  try {
    return decodeURIComponent(written.replaceAll('+', ' '))
  } catch {
    return written
  }
}
