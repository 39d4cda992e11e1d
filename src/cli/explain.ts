import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { PolicyEntry } from '../config/types.ts'
import { phases } from '../core/phase.ts'
import { principal, type Principal } from '../core/principal.ts'
import { matchWords } from './check.ts'
import { explainRequest, type DescribedRequest, type Explanation } from './explain-request.ts'
import { UserError } from './fail.ts'
import { loadConfiguration } from './load-configuration.ts'
import { table } from './table.ts'

export interface ExplainOptions {
  readonly config: string
  /** `Name: value` lines. */
  readonly header: readonly string[]
  readonly as?: string
  readonly from: string
  readonly body?: string
  readonly json?: boolean
}

/** `portcullis explain METHOD URL`: the route, the effective chain with the place of each entry, what this request would get and why. */
export async function explain(method: string, url: string, options: ExplainOptions): Promise<void> {
  const request = await describe(method, url, options)
  const explanation = await explainRequest(await loadConfiguration(options.config), request)
  console.log(options.json === true ? JSON.stringify(explanation, null, 2) : inWords(request, explanation))
}

async function describe(method: string, url: string, options: ExplainOptions): Promise<DescribedRequest> {
  const [, authority = 'localhost', target = ''] = /^(?:https?:\/\/([^/?#]+))?([/?][^#]*)?$/i.exec(url) ?? []
  if (!/^[A-Za-z]+$/.test(method)) throw new UserError('the method must be a word such as GET')
  if (target === '' && !/^https?:\/\//i.test(url))
    throw new UserError('the URL must be such as /orders/7 or https://api.example.com/orders/7')
  if (isIP(options.from) === 0) throw new UserError('--from must be an IP address')
  return {
    method: method.toUpperCase(),
    authority: authority.toLowerCase(),
    target: target === '' || target.startsWith('?') ? `/${target}` : target,
    headers: options.header.map(headerLine),
    body: options.body === undefined ? new Uint8Array() : await bodyBytes(options.body),
    from: options.from,
    principal: options.as === undefined ? null : principalOf(options.as),
  }
}

function headerLine(line: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):\s*(.*?)\s*$/.exec(line) ?? []
  if (name === undefined || value === undefined)
    throw new UserError("--header must be a line such as 'Accept: text/html'")
  return [name, value]
}

async function bodyBytes(written: string): Promise<Uint8Array> {
  if (!written.startsWith('@')) return Buffer.from(written)
  try {
    return await readFile(written.slice(1))
  } catch (error) {
    throw new UserError(`--body: cannot read ${written.slice(1)} (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** A subject, or JSON with any fields of a principal. */
function principalOf(written: string): Principal {
  if (!written.trimStart().startsWith('{')) return principal({ method: 'given', subject: written })
  try {
    const known = JSON.parse(written) as Partial<Principal>
    return principal({ ...known, method: known.method ?? 'given', subject: String(known.subject ?? '') })
  } catch {
    throw new UserError('--as must be a subject, or JSON such as {"subject":"x","scopes":["read"]}')
  }
}

function inWords(request: DescribedRequest, explanation: Explanation): string {
  const { route, chain, principal: who, observed, notes } = explanation
  const lines = [`${request.method} ${request.authority}${request.target}`]
  if (route !== null) {
    lines.push(`\nroute ${route.name}  ${matchWords(route)}  (${place(route.at)})`)
    const rows = chain.map(entry => [`  ${entry.phase}`, entryWords(entry), entry.level, place(entry.at)])
    lines.push(
      table(rows.map((row, i) => (i > 0 && chain[i - 1]?.phase === chain[i]?.phase ? ['', ...row.slice(1)] : row))),
    )
    lines.push(`  then service ${route.service}`)
    const absent = phases.filter(phase => !chain.some(entry => entry.phase === phase))
    if (absent.length > 0) lines.push(`  (nothing in ${absent.join(', ')})`)
  }
  if (who !== null)
    lines.push(
      `\ncaller: ${who.subject === '' ? '(no name)' : who.subject}, by ${who.method}${who.issuer === '' ? '' : ` of ${who.issuer}`}`,
    )
  for (const { policy, code, reason } of observed)
    lines.push(`observed: ${policy} would refuse with ${code}: ${reason}`)
  lines.push(`\n${verdict(explanation)}`)
  for (const note of new Set(notes)) lines.push(`note: ${note}`)
  return lines.join('\n')
}

function verdict({ outcome, status, code, policy, reason, route }: Explanation): string {
  switch (outcome) {
    case 'forwarded':
      return `passes, and is forwarded to ${route?.service ?? ''}`
    case 'answered':
      return `is answered with ${status} by ${policy ?? 'the gateway'}`
    case 'refused':
      return `is refused with ${status} ${code} by ${policy ?? 'the gateway'}: ${reason}`
  }
}

function entryWords({ id, use, mode }: PolicyEntry): string {
  return `${id === use ? use : `${use} (${id})`}${mode === 'observe' ? ' [observe]' : ''}`
}

function place(at: { readonly file: string; readonly line: number }): string {
  return `${at.file}:${at.line}`
}
