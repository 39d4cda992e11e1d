import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadWritten } from '../../test/support/configuration.ts'

const load = (kubernetes: string) =>
  loadWritten({
    files: {
      'portcullis.yaml': `version: 1
stateDir: state
listeners: [{ name: local, address: "127.0.0.1:8080" }]
services: { shop: { targets: ["http://127.0.0.1:3000"] } }
routes: [{ name: all, match: { path: /** }, service: shop, policies: [{ use: anonymous }] }]
insight: { kubernetes: ${kubernetes} }
`,
    },
  })

test('inside of a cluster nothing has to be said; files count from the configuration', async () => {
  const { loaded } = await load('{}')
  assert.deepEqual(loaded?.config.insight?.kubernetes, {
    server: 'https://kubernetes.default.svc',
    tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
    caFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
    namespaces: [],
  })
  const other = await load('{ tokenFile: token, server: "http://127.0.0.1:8001" }')
  assert.match(other.loaded?.config.insight?.kubernetes?.tokenFile ?? '', /\/portcullis-config-[^/]+\/token$/)
})

test('a server beyond this machine without TLS, with credentials in its URL, and names that are none are refused', async () => {
  for (const [written, pointer] of [
    ['{ server: "http://10.0.0.1:8080" }', '/insight/kubernetes/server'],
    ['{ server: "https://me:secret@api" }', '/insight/kubernetes/server'],
    ['{ server: "https://api/?a=b" }', '/insight/kubernetes/server'],
    ['{ server: api }', '/insight/kubernetes/server'],
    ['{ namespaces: ["../kube-system"] }', '/insight/kubernetes/namespaces/0'],
    ['{ token: abc }', '/insight/kubernetes/token'],
  ] as const) {
    const { issues } = await load(written)
    assert.deepEqual(
      issues?.map(issue => [issue.pointer, issue.place?.line]),
      [[pointer, 6]],
      written,
    )
  }
})
