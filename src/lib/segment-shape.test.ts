import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SegmentShape, segmentShape } from './segment-shape.ts'

const shapes: ReadonlyArray<readonly [text: string, shape: SegmentShape | null]> = [
  ['17', 'integer'],
  ['-17', 'integer'],
  ['3.25', 'number'],
  ['0b9a1c6e-2f1d-4f0e-9a53-7f1f3a0c9d11', 'uuid'],
  ['0B9A1C6E-2F1D-4F0E-9A53-7F1F3A0C9D11', 'uuid'],
  ['%7B0b9a1c6e-2f1d-4f0e-9a53-7f1f3a0c9d11%7D', 'uuid'],
  ['01ARZ3NDEKTSV4RRFFQ69G5FAV', 'ulid'],
  ['507f1f77bcf86cd799439011', 'object-id'],
  ['06a447a', 'hash'],
  ['da39a3ee5e6b4b0d3255bfef95601890afd80709', 'hash'],
  ['INV-2024-001', 'code'],
  ['cus_9s6XKzkNRiz8i3', 'code'],
  ['123abc456', 'hash'],
  ['123xyz456', 'code'],
  ['XY1234', 'code'],
  ['PROJ-123', 'code'],
  ['P156HUFHA476', 'code'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x', 'jwt'],
  ['2024-05-17', 'date'],
  ['20240517', 'integer'],
  ['2024-05', 'date'],
  ['2024-W20', 'date'],
  ['2024Q1', 'date'],
  ['17.05.2024', 'date'],
  ['2024-05-17T10:00:00Z', 'date-time'],
  ['2024-05-17T10%3A00%3A00Z', 'date-time'],
  ['10:30', 'time'],
  ['a.b@example.com', 'email'],
  ['a%40example.com', 'email'],
  ['@octocat', 'handle'],
  ['+4915112345678', 'phone'],
  ['52.5163,13.3777', 'coordinates'],
  ['192.0.2.7', 'ip'],
  ['2001:db8::1', 'ip'],
  ['en-US', 'locale'],
  ['zh-Hant', 'locale'],
  ['1.2.3', 'version'],
  ['report.pdf', 'file-name'],
  ['shop.example.com', 'domain'],
  ['hello%20world', 'text'],
  ['a,b', 'text'],
  ['{email:0123456789abcdef}', 'email'],
  ['{card:0123456789abcdef}', 'masked'],
  ['{id}', 'masked'],
  [':id', 'masked'],
  ['true', 'boolean'],
  // Digits in the middle of letters; that it is a version the trie knows.
  ['v2beta1', 'code'],
  // What may as well be a name in an API.
  ['', null],
  ['users', null],
  ['getUserById', null],
  ['two-factor-authentication', null],
  ['v1', null],
  ['oauth2', null],
  ['sha256', null],
  ['ipv4', null],
  ['base64', null],
  ['s3', null],
  ['k8s', null],
  ['octocat', null],
  ['deadbeef', null],
  ['$metadata', null],
  ['users:batchGet', null],
  ['openapi.json', null],
  ['~', null],
]

test('shapes that leave no doubt are told, everything else is left open', () => {
  let ran = 0
  for (const [text, shape] of shapes) {
    assert.equal(segmentShape(text), shape, text)
    ran++
  }
  assert.equal(ran, shapes.length)
})

test('a long segment is a value, whatever is in it', () => {
  assert.equal(segmentShape('a'.repeat(129)), 'text')
  assert.equal(segmentShape(`eyJ${'a'.repeat(500)}`), 'jwt')
})
