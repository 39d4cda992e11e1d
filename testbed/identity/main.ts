import { generateKeyPairSync } from 'node:crypto'

// An OpenID provider with one confidential client per demo user: each gets access tokens for the shop by the client credentials grant.

const port = Number(process.env['PORT'] ?? 9002)
const issuer = `http://127.0.0.1:${port}`
const audience = 'https://shop.example/api'
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const scopes = 'profile:read profile:write orders:read orders:write reviews:write'

// The package brings no types; this is the part that is used here.
const name: string = 'oidc-provider'
const { Provider } = (await import(name)) as {
  Provider: new (issuer: string, settings: object) => { listen(port: number, host: string, done: () => void): void }
}
const provider = new Provider(issuer, {
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'demo-1' }] },
  // Mallory is a customer too, but may only look.
  clients: ['alice', 'bob', 'carol', 'dave', 'erin', 'mallory'].map(login => ({
    client_id: login,
    client_secret: `${login}-demo-secret`,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope: login === 'mallory' ? 'orders:read' : scopes,
  })),
  scopes: scopes.split(' '),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      getResourceServerInfo: () => ({
        scope: scopes,
        audience,
        accessTokenTTL: 8 * 3600,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
})
provider.listen(port, '127.0.0.1', () => process.stdout.write('identity ready\n'))
