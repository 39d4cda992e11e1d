import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BodyMark } from '../model/observation.ts'
import { bodyMarks } from '../model/observation.ts'
import { marksOf } from './body-marks.ts'

const json = (value: unknown): readonly [text: string, json: boolean] => [JSON.stringify(value), true]
const plain = (text: string): readonly [text: string, json: boolean] => [text, false]

const found: ReadonlyArray<readonly [mark: BodyMark, text: readonly [string, boolean]]> = [
  [
    'stack-trace',
    json({ error: 'x', stack: 'TypeError: x\n    at Object.run (/srv/app/index.js:12:5)\n    at main (index.js:1:1)' }),
  ],
  ['stack-trace', json({ trace: ['at com.shop.OrderService.find(OrderService.java:42)'] })],
  ['stack-trace', json({ message: 'Unhandled', exception: 'java.lang.NullPointerException' })],
  ['stack-trace', plain('Traceback (most recent call last):\n  File "/app/main.py", line 3, in <module>')],
  ['stack-trace', json({ detail: '   at Shop.Api.Orders.Get(Int32 id) in C:\\src\\Shop\\Orders.cs:line 31' })],
  ['stack-trace', plain('panic: runtime error\n\ngoroutine 1 [running]:\nmain.main()')],
  ['stack-trace', plain('<b>Warning</b>: mysqli_query() in <b>/var/www/html/index.php</b> on line <b>7</b>')],
  ['stack-trace', plain("app/models/order.rb:12:in `find'")],
  ['stack-trace', plain("thread 'main' panicked at src/main.rs:2:5")],
  [
    'sql-error',
    json({ error: 'You have an error in your SQL syntax; check the manual that corresponds to your MySQL server' }),
  ],
  ['sql-error', json({ error: 'ORA-00933: SQL command not properly ended' })],
  ['sql-error', json({ error: 'ERROR: syntax error at or near "\'"' })],
  ['sql-error', json({ error: 'SQLSTATE[42S02]: Base table or view not found' })],
  ['sql-error', json({ error: 'psycopg2.errors.UndefinedColumn: column does not exist' })],
  ['sql-error', json({ error: 'duplicate key value violates unique constraint "users_email_key"' })],
  ['private-key', plain('-----BEGIN RSA PRIVATE KEY-----\nMIIE')],
  ['private-key', json({ key: '-----BEGIN PRIVATE KEY-----\nMIIE' })],
  ['access-key', plain('aws_access_key_id = AKIAIOSFODNN7EXAMPLE')],
  ['internal-path', json({ file: '/var/www/shop/config.php' })],
  ['internal-path', json({ file: 'C:\\inetpub\\wwwroot\\web.config' })],
  ['internal-address', json({ upstream: 'http://10.2.3.4:8080/orders' })],
  ['internal-address', json({ host: 'orders.shop.svc.cluster.local' })],
  ['internal-address', plain('could not reach http://localhost:8081/')],
  ['debug-page', plain('<title>Werkzeug Debugger</title>')],
  ['debug-page', plain('<h1>Whitelabel Error Page</h1>')],
  ['debug-page', plain('<code>DEBUG = True</code> in your Django settings')],
  ['directory-listing', plain('<html><title>Index of /backup</title>')],
  ['xml-doctype', plain('<?xml version="1.0"?><!DOCTYPE foo SYSTEM "x.dtd"><foo/>')],
  ['xml-entity', plain('<!DOCTYPE foo [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>')],
]

const innocent: ReadonlyArray<readonly [string, boolean]> = [
  json({ note: 'meet me at noon (rear door: 12:30)', at: '2026-11-22T10:00:00Z' }),
  json({ title: 'Exception handling in Java', error: 'order not found', errors: [{ code: 'Error', field: 'a' }] }),
  json({ text: 'SQL for beginners, a book about SQL' }),
  json({ path: '/orders/17', url: 'https://example.com/home/jane', tmp: '/api/tmp' }),
  json({ version: '10.2.3', ratio: 172.5, ip: '203.0.113.10', build: '1.10.2.3.4' }),
  json({ lines: 'one\ntwo\n  at the corner' }),
  plain('<!DOCTYPE html><html><title>Shop</title></html>'),
  plain('-----BEGIN CERTIFICATE-----'),
  plain(''),
]

describe('signs in bodies', () => {
  it('tell what a text gives away', () => {
    for (const [mark, [text, isJson]] of found) assert.ok(marksOf(text, isJson).includes(mark), `${mark}: ${text}`)
    assert.deepEqual([...new Set(found.map(([mark]) => mark))].sort(), [...bodyMarks].sort())
  })

  it('are not seen in ordinary texts', () => {
    for (const [text, isJson] of innocent) assert.deepEqual(marksOf(text, isJson), [], text)
  })

  it('cost no more than linear time in texts that begin like one again and again', () => {
    const pieces = [
      '\n at a',
      '\\nat (',
      'at a(',
      'Error a.',
      'a.b.c.',
      ' /home/',
      '"/var/',
      '10.10.',
      '.svc',
      'SQL syntax',
      'PostgreSQL',
      "Server Error in '/",
      '.php',
      '-----BEGIN A ',
      'C:\\Users\\',
    ]
    for (const piece of pieces) {
      const work = (size: number): number => {
        const text = piece.repeat(size)
        const start = process.cpuUsage()
        for (let i = 0; i < 20; i++) marksOf(text.slice(0, 32_000), false)
        const { user, system } = process.cpuUsage(start)
        return user + system
      }
      work(100)
      // Quadratic time would be 64 times as much for 8 times the text.
      const [small, large] = [
        Math.max(work(Math.ceil(4000 / piece.length)), 300),
        work(Math.ceil(32_000 / piece.length)),
      ]
      assert.ok(large < small * 40, `${piece}: ${small} µs, ${large} µs`)
    }
  })
})
