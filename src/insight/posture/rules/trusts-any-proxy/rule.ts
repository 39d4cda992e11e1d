import type { Rule } from '../../rule.ts'

/** Every caller may say that it calls from another address: lists of networks and limits by address are walked around. */
export const trustsAnyProxy: Rule = {
  id: 'trusts-any-proxy',
  heading: 'access',
  title: 'Nearly every caller is believed to be a proxy',
  severity: 'high',
  references: ['API8:2023', 'CWE-348', 'CWE-290', 'RFC 9700'],
  *judge({ config }) {
    const wide = (config?.trustedProxies ?? []).filter(network => {
      const [address = '', length = ''] = network.split('/')
      // Half of all IPv4 addresses, or a /16 of IPv6, is nobody's own network.
      return length !== '' && Number(length) < (address.includes(':') ? 16 : 8)
    })
    if (wide.length === 0) return
    yield {
      subject: 'gateway',
      message: 'Callers may choose the address that they seem to call from.',
      evidence: wide.map(network => `trustedProxies: ${network}`),
      confidence: 1,
      advice: 'Name the networks of your own proxies alone.',
    }
  },
}
