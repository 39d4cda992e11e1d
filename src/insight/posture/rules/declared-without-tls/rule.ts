import { isIP } from 'node:net'
import type { Rule } from '../../rule.ts'

/** Clients are built from the document: what it names is what they call. */
export const declaredWithoutTls: Rule = {
  id: 'declared-without-tls',
  heading: 'connection',
  title: 'Document names a server without TLS',
  severity: 'medium',
  references: ['API8:2023', 'CWE-319'],
  *judge({ documents }) {
    for (const { service, document } of documents) {
      const plain = document.servers.filter(url => /^http:/i.test(url) && !isLocal(url))
      if (plain.length === 0) continue
      yield {
        subject: `service ${service}`,
        message: `The document of ${service} sends clients to a server without TLS.`,
        evidence: plain.map(url => `${document.source}: servers names ${url}`),
        confidence: 1,
        advice: 'Name `https://` servers only in the OpenAPI document.',
      }
    }
  },
}

function isLocal(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'))
}
