import { isMap } from './references.ts'

export interface Server {
  /** As written, variables replaced. */
  readonly url: string
  /** Lower case, without port; null for a relative URL. */
  readonly host: string | null
  readonly scheme: string | null
  /** Without the last slash; '' for the root. */
  readonly basePath: string
}

/** The servers of a document, path or operation. Without any it is `/` (OpenAPI 3.1 §4.8.1.1). */
export function serversOf(written: unknown): readonly Server[] {
  const list = Array.isArray(written) ? written.filter(isMap).slice(0, 50) : []
  const servers = list.flatMap(server => {
    if (typeof server['url'] !== 'string') return []
    const variables = isMap(server['variables']) ? server['variables'] : {}
    const url = server['url'].slice(0, 2000).replace(/\{([^{}]+)\}/g, (whole, name: string) => {
      const variable = Object.hasOwn(variables, name) ? variables[name] : undefined
      return isMap(variable) && variable['default'] !== undefined ? String(variable['default']) : whole
    })
    return [serverOf(url)]
  })
  return servers.length === 0 ? [serverOf('/')] : servers
}

function serverOf(url: string): Server {
  const [, scheme, host, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/i.exec(url) ?? []
  const path = (scheme === undefined ? (/^[^?#]*/.exec(url)?.[0] ?? '') : rest).replace(/\/+$/, '')
  return {
    url,
    host: host === undefined || host === '' || host.includes('{') ? null : host.toLowerCase().replace(/:\d+$/, ''),
    scheme: scheme?.toLowerCase() ?? null,
    basePath: path === '' || path.startsWith('/') ? path : `/${path}`,
  }
}
