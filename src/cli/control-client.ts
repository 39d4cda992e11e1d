import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import path from 'node:path'
import { formatAddress } from '../config/address.ts'
import type { Config, TlsConfig } from '../config/types.ts'
import { insightSocket } from '../insight/places.ts'
import { UserError } from './fail.ts'

const answerMs = 30_000
const bodyBytesMax = 16 * 1024 * 1024

/**
 * Is an insight at work that keeps its state in this stateDir? Asked at its socket, which only its owner can make: whoever holds the port of a gateway that is
 * gone would be given the token.
 */
export async function isInsightAtWork(stateDir: string): Promise<boolean> {
  const socket = connect(insightSocket(stateDir))
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}

/** Sends JSON to the control API of the gateway that runs with this configuration; gives its JSON. Throws a UserError with what the API, or we, have against it. */
export async function tellControl({ control, stateDir }: Config, where: string, sent: unknown): Promise<unknown> {
  if (control === null || stateDir === null)
    throw new UserError('the gateway runs without a control API: add control: to its configuration, or end it first')
  if (control.tls?.clientAuth === 'required')
    throw new UserError(
      `its control API asks for a client certificate, which this command has none of: send it yourself, POST ${where} at ${formatAddress(control.address)} (GET /openapi.json describes it)`,
    )
  const token = await readFile(path.join(stateDir, 'control-token'), 'utf8').catch((error: unknown) => {
    throw new UserError(`cannot read the control token in ${stateDir} (${(error as NodeJS.ErrnoException).code})`)
  })
  const { address, tls } = control
  const host = address.kind === 'unix' ? 'localhost' : formatAddress(address)
  const body = JSON.stringify(sent)
  const options = {
    ...(address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port }),
    method: 'POST',
    path: where,
    headers: {
      host,
      authorization: `Bearer ${token.trim()}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
    agent: false,
    signal: AbortSignal.timeout(answerMs),
    ...(tls === null ? {} : tlsOptions(tls)),
  }
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly status: number; readonly text: string }>()
  const req = tls === null ? httpRequest(options) : httpsRequest(options)
  req.once('error', error => reject(new UserError(`the control API at ${host} does not answer: ${error.message}`)))
  req.once('response', async response => {
    const chunks: Buffer[] = []
    let bytes = 0
    try {
      for await (const chunk of response) {
        bytes += (chunk as Buffer).length
        if (bytes > bodyBytesMax) break
        chunks.push(chunk as Buffer)
      }
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') })
    } catch (error) {
      reject(new UserError(`the control API at ${host} broke off: ${(error as Error).message}`))
    }
  })
  req.end(body)
  const { status, text } = await promise
  const answer = jsonIn(text) as { title?: unknown; detail?: unknown } | null
  if (status === 200) return answer
  throw new UserError(
    typeof answer?.detail === 'string' && status === 422
      ? answer.detail
      : `the control API at ${host} answers ${status}: ${String(answer?.detail ?? answer?.title ?? 'no gateway of ours')}`,
  )
}

/** The very certificate that the configuration names; it was made for other clients, so its names mean nothing here. */
function tlsOptions({ certificates }: TlsConfig) {
  const own = new Set(certificates.map(({ certificate }) => new X509Certificate(certificate).fingerprint256))
  return {
    ca: certificates.map(({ certificate }) => certificate),
    allowPartialTrustChain: true,
    checkServerIdentity: (_name: string, { fingerprint256 }: { readonly fingerprint256: string }) =>
      own.has(fingerprint256) ? undefined : new Error('it shows another certificate than the configuration names'),
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
