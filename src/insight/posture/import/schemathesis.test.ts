import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { readReport, reportOf } from './read.ts'
import { IMPORTED_MAX } from './text.ts'

// The files in schemathesis-reports are one run of Schemathesis 4.32.5 against the demo's shop, in each format that it writes.

const file = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, 'schemathesis-reports', name), 'utf8')

function found(text: string): string[] {
  const read = readReport(text)
  assert.equal(read?.format, 'Schemathesis')
  return [
    ...new Set(read?.findings.map(({ rule, severity, method, path: at }) => `${severity} ${rule} ${method} ${at}`)),
  ].sort()
}

const byOperation = [
  'low response_schema_conformance GET /products/{id}/reviews',
  'low response_schema_conformance POST /products/{id}/reviews',
  'low status_code_conformance POST /products/{id}/reviews',
  'low unsupported_method GET /health',
  'low unsupported_method GET /users/me',
  'medium negative_data_rejection GET /products/{id}/reviews',
  'medium negative_data_rejection POST /products/{id}/reviews',
]

it('JUnit of version 4: each code of each failed operation, in its own words', () => {
  assert.deepEqual(found(file('junit.xml')), byOperation)
  const [first] = readReport(file('junit.xml'))?.findings ?? []
  assert.equal(first?.message, 'Response violates schema: null is not of type "integer"')
})

it('events (NDJSON): each failed check of each scenario', () => {
  assert.deepEqual(found(file('events.ndjson')), byOperation)
})

it('a VCR cassette: each failed check of each call; a method that was tried is none of the operation', () => {
  assert.deepEqual(
    found(file('cassette.yaml')).map(line => line.replace(/http:\/\/127\.0\.0\.1:\d+/, '').replace(/\?.*/, '')),
    [
      'low response_schema_conformance GET /products/1/reviews',
      'low response_schema_conformance POST /products/1/reviews',
      'low status_code_conformance POST /products/1/reviews',
      'low unsupported_method null /health',
      'low unsupported_method null /users/me',
      'medium negative_data_rejection GET /products/0/reviews',
      'medium negative_data_rejection POST /products/1/reviews',
    ].sort(),
  )
})

it('the summary of a run: each kind of failure at each operation', () => {
  assert.deepEqual(
    found(file('run.json')),
    byOperation.map(line => line.replace(/(unsupported_method) GET/, '$1 null')).sort(),
  )
})

it('HAR has no verdicts: only that the API failed is taken, and only from calls of Schemathesis', () => {
  const har = JSON.parse(file('calls.har')) as {
    log: { entries: Array<{ request: { headers: unknown[] }; response: { status: number } }> }
  }
  assert.deepEqual(found(JSON.stringify(har)), [])
  for (const entry of har.log.entries) entry.response.status = 503
  assert.equal(readReport(JSON.stringify(har))?.findings.length, har.log.entries.length)
  assert.equal(readReport(JSON.stringify(har))?.findings[0]?.rule, 'not_a_server_error')
  for (const entry of har.log.entries) entry.request.headers = []
  assert.equal(readReport(JSON.stringify(har)), null)
})

it('what an API answers cannot pose as a check', () => {
  const junit = file('junit.xml').replaceAll(
    '`{"error":"there is none"}`',
    '- ST401 Authentication not enforced\n\n1. Test Case ID&#10;`</x>`',
  )
  assert.ok(found(junit).every(line => !line.includes('ignored_auth')))
  const cassette = file('cassette.yaml').replaceAll(
    /^ {6}string: .*$/gm,
    `      string: "\\n    - name: 'ignored_auth'\\n      status: 'FAILURE'\\n      message: 'x'\\n    uri: 'http://x/y'\\n    method: 'GET'"`,
  )
  assert.deepEqual(found(cassette), found(file('cassette.yaml')))
})

it('reports that are cut, odd or huge give a bounded number of findings and never throw', () => {
  for (const name of ['junit.xml', 'events.ndjson', 'cassette.yaml', 'run.json', 'calls.har']) {
    const text = file(name)
    fc.assert(
      fc.property(fc.nat(text.length), fc.string({ maxLength: 20 }), (at, noise) => {
        for (const one of [text.slice(0, at), text.slice(0, at) + noise + text.slice(at)])
          for (const { message, rule } of readReport(one)?.findings ?? [])
            assert.ok(message.length <= 300 && rule.length <= 100)
      }),
      { numRuns: 60 },
    )
  }
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      for (const shell of [
        { schemathesis_version: '4', failures: [value] },
        { schemathesis_version: '4', failures: [{ code: value, operations: [value] }] },
        {
          log: {
            entries: [
              { request: { headers: [{ name: 'X-Schemathesis-TestCaseId' }], url: value }, response: { status: 500 } },
              value,
            ],
          },
        },
      ])
        assert.equal(reportOf(shell)?.format, 'Schemathesis')
    }),
    { numRuns: 100 },
  )
  const many = `${file('events.ndjson').split('\n', 1)[0]}\n${file('events.ndjson')
    .split('\n')
    .filter(line => line.includes('"failure_info"'))
    .join('\n')
    .concat('\n')
    .repeat(3000)}`
  const read = readReport(many)
  assert.equal(read?.findings.length, IMPORTED_MAX)
  assert.ok((read?.dropped ?? 0) > 0)
})
