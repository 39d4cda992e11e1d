/** A URL or path as people write it into a list. */
export interface UrlLine {
  /** Kept before the template as it stands: scheme and host, and a method when the line begins with one (`GET /x`). */
  readonly prefix: string
  /** Which paths are learnt together: those of one scheme and host, whatever the method. */
  readonly origin: string
  /** Begins with a slash; without query and fragment. */
  readonly path: string
  /** The line's path had no slash at its beginning. */
  readonly relative: boolean
}

const method = /^([A-Z]{3,10})[ \t]+(?=\S)/
const scheme = /^[A-Za-z][A-Za-z\d+.-]*:(?=\/)/
const authority = /^\/\/[^/?#\s]*/
const relativePath = /^[^\s/?#:]+\/[^\s]*$/

/** Takes a line apart; null when it is neither URL nor path (a single word, free text, an empty line). */
export function parseUrlLine(line: string): UrlLine | null {
  let rest = line.trim()
  const verb = method.exec(rest)?.[1] ?? ''
  if (verb !== '') rest = rest.slice(verb.length).trimStart()
  const start = scheme.exec(rest)?.[0] ?? ''
  rest = rest.slice(start.length)
  const host = authority.exec(rest)?.[0] ?? ''
  // `//` without a scheme is a host only when something like one follows.
  const origin = start !== '' || /[.:]|^\/\/localhost$/.test(host) ? start + host : ''
  rest = rest.slice(origin.length - start.length)
  const relative = origin === '' && !rest.startsWith('/')
  if (relative && !relativePath.test(rest)) return null
  const path = rest.replace(/[?#][^]*$/, '')
  if (/\s/.test(path)) return null
  return {
    prefix: `${verb === '' ? '' : `${verb} `}${origin}`,
    origin: relative ? 'relative' : origin,
    path: path.startsWith('/') ? path : `/${path}`,
    relative,
  }
}
