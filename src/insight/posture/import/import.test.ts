import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { operation } from '../../../../test/support/operation.ts'
import { assess } from '../assess.ts'
import { sarifReport } from '../report/sarif.ts'
import { readReport, reportOf } from './read.ts'
import { IMPORTED_MAX } from './text.ts'

it('SARIF: rule, severity, CWE and the call that showed it; suppressed and passed results are left out', () => {
  const read = reportOf({
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Scanner',
            rules: [
              {
                id: 'sqli',
                shortDescription: { text: 'SQL injection' },
                properties: { tags: ['external/cwe/cwe-089'], 'security-severity': '9.1' },
              },
            ],
          },
        },
        results: [
          { ruleId: 'sqli', message: { text: 'injected' }, webRequest: { method: 'GET', target: '/orders?id=1' } },
          {
            ruleId: 'hsts',
            level: 'note',
            message: { text: 'x' },
            locations: [{ physicalLocation: { artifactLocation: { uri: 'https://api.example.com/users/7' } } }],
          },
          {
            ruleId: 'auth',
            message: { text: 'x' },
            locations: [{ logicalLocations: [{ fullyQualifiedName: 'shop POST /users' }] }],
          },
          { ruleId: 'sqli', message: { text: 'x' }, suppressions: [{ kind: 'external' }] },
          { ruleId: 'sqli', kind: 'pass', message: { text: 'x' } },
        ],
      },
    ],
  })
  assert.equal(read?.format, 'SARIF')
  assert.deepEqual(read?.findings, [
    {
      tool: 'Scanner',
      rule: 'sqli',
      severity: 'critical',
      message: 'injected',
      method: 'GET',
      path: '/orders?id=1',
      references: ['CWE-89'],
    },
    {
      tool: 'Scanner',
      rule: 'hsts',
      severity: 'low',
      message: 'x',
      method: null,
      path: 'https://api.example.com/users/7',
      references: [],
    },
    { tool: 'Scanner', rule: 'auth', severity: 'medium', message: 'x', method: 'POST', path: '/users', references: [] },
  ])
})

it('SARIF: our own report reads back at the same operations', () => {
  const estate = { config: null, documents: [], suppressions: [], now: 0 }
  const operations = [operation({ method: 'GET', template: '/orders/{id}', marks: { 'stack-trace': 3 } })]
  const first = assess({ ...estate, operations, imported: [] })
  const imported = reportOf(sarifReport(first, { version: '1' }))?.findings ?? []
  const second = assess({ ...estate, operations, imported })
  assert.equal(second.findings.length, 1)
  assert.equal(second.findings[0]?.evidence.length, 2)
})

it('ZAP: one for each instance, with risk and CWE; false positives are left out', () => {
  const read = reportOf({
    '@programName': 'ZAP',
    '@version': '2.16.0',
    site: [
      {
        '@name': 'https://api.example.com',
        alerts: [
          {
            pluginid: '40018',
            alertRef: '40018',
            alert: 'SQL Injection',
            riskcode: '3',
            confidence: '2',
            cweid: '89',
            instances: [
              { uri: 'https://api.example.com/orders?id=1', method: 'GET', param: 'id' },
              { uri: 'https://api.example.com/users', method: 'POST', param: '' },
            ],
          },
          {
            pluginid: '1',
            alert: 'no',
            riskcode: '3',
            confidence: '0',
            cweid: '-1',
            instances: [{ uri: '/x', method: 'GET' }],
          },
        ],
      },
    ],
  })
  assert.equal(read?.format, 'ZAP')
  assert.deepEqual(
    read?.findings.map(({ rule, severity, method, message, references }) => [
      rule,
      severity,
      method,
      message,
      ...references,
    ]),
    [
      ['40018', 'high', 'GET', 'SQL Injection (id)', 'CWE-89'],
      ['40018', 'high', 'POST', 'SQL Injection', 'CWE-89'],
    ],
  )
})

it('42Crunch: issues by their pointers into the document', () => {
  const read = reportOf({
    index: ['/paths/~1users~1{id}/get/security', '/components/schemas/User'],
    score: 41,
    security: {
      issues: {
        'v3-operation-securityrequirement-emptyarray': {
          description: 'No security',
          criticality: 5,
          issues: [{ pointer: 0, score: 12 }],
        },
      },
    },
    data: {
      issues: {
        'v3-schema-response-string-maxlength': {
          description: 'No maxLength',
          criticality: 1,
          issues: [{ pointer: 1 }],
        },
      },
    },
  })
  assert.deepEqual(
    read?.findings.map(({ rule, severity, method, path }) => [rule, severity, method, path]),
    [
      ['v3-operation-securityrequirement-emptyarray', 'critical', 'GET', '/users/{id}'],
      ['v3-schema-response-string-maxlength', 'info', null, null],
    ],
  )
})

it('Schemathesis: each check of each failed case of the JUnit report', () => {
  const read = readReport(`<?xml version="1.0" ?>
<testsuites disabled="0" errors="0" failures="1" tests="2" time="1.2">
  <testsuite disabled="0" errors="0" failures="1" name="schemathesis" skipped="0" tests="2">
    <testcase name="GET /users/{id}" time="0.5">
      <failure type="failure" message="1. Test Case ID: a1&#10;&#10;- Server error&#10;&#10;- Undocumented HTTP status code&#10;&#10;[500] &lt;b&gt;"/>
    </testcase>
    <testcase name="POST /users" time="0.5"/>
  </testsuite>
</testsuites>`)
  assert.equal(read?.format, 'Schemathesis')
  assert.deepEqual(
    read?.findings.map(({ rule, severity, method, path }) => [rule, severity, method, path]),
    [
      ['not_a_server_error', 'medium', 'GET', '/users/{id}'],
      ['status_code_conformance', 'low', 'GET', '/users/{id}'],
    ],
  )
})

it('other files are no reports', () => {
  for (const text of [
    '',
    '{',
    '[]',
    '{}',
    '"x"',
    'null',
    '<html></html>',
    '{"openapi":"3.1.0"}',
    '{"version":"1.0","runs":[]}',
  ])
    assert.equal(readReport(text), null, text)
})

it('a report of any size gives a bounded number of findings, with bounded texts', () => {
  const results = Array.from({ length: IMPORTED_MAX + 5 }, (_, i) => ({
    ruleId: `r${i}`,
    message: { text: 'x'.repeat(5_000) },
  }))
  const read = reportOf({ version: '2.1.0', runs: [{ tool: { driver: { name: 'S' } }, results }] })
  assert.equal(read?.findings.length, IMPORTED_MAX)
  assert.equal(read?.dropped, 5)
  assert.ok(read?.findings.every(({ message }) => message.length <= 500))
})

it('an entity bomb is only text', () => {
  const bomb = `<!DOCTYPE x [<!ENTITY a "${'b'.repeat(1000)}"><!ENTITY c "&a;&a;&a;&a;">]><testsuite name="schemathesis"><testcase name="GET /x"><failure message="&c;&c;"/></testcase></testsuite>`
  assert.equal(readReport(bomb)?.findings[0]?.message, '&c;&c;')
})

it('documents of any shape under the right names never throw', () => {
  const odd = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          'runs',
          'tool',
          'driver',
          'rules',
          'results',
          'locations',
          'message',
          'text',
          'site',
          'alerts',
          'instances',
          'security',
          'data',
          'issues',
          'index',
          'pointer',
          'ruleId',
          'properties',
          'tags',
        ),
        tie('value'),
        { maxKeys: 5 },
      ),
    ),
  })).value
  fc.assert(
    fc.property(odd, value => {
      for (const shell of [
        { version: '2.1.0', runs: [value] },
        { '@programName': 'ZAP', site: value },
        { security: { issues: value }, data: value, index: value },
        { security: { issues: { a: { issues: [value] } } }, index: [value] },
        value,
      ])
        for (const one of reportOf(shell)?.findings ?? []) assert.equal(typeof one.message, 'string')
    }),
    { numRuns: 300 },
  )
})
