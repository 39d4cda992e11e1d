import { ChunkedDecoder } from '../../src/net/h1/chunked.ts'
import { FieldNames } from '../../src/net/h1/field-names.ts'
import { readRequestHead } from '../../src/net/h1/request-head.ts'
import { readResponseHead } from '../../src/net/h1/response-head.ts'
import { HeadScan, scanHead } from '../../src/net/h1/scan.ts'
import { canonicalTarget } from '../../src/lib/canonical-path.ts'
import type { MicroCase } from './micro-case.ts'

const names = new FieldNames(['x-portcullis-*', 'x-forwarded-*', 'forwarded', 'x-real-ip'])
const scan = new HeadScan()

const small = head(['GET /orders?a=1 HTTP/1.1', 'Host: 127.0.0.1:8080'])
const browser = head([
  'GET /orders/4711/items?page=2&sort=price HTTP/1.1',
  'Host: api.example.com',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36',
  'Accept: application/json, text/plain, */*',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
  'Accept-Encoding: gzip, deflate, br, zstd',
  `Authorization: Bearer ${'x'.repeat(600)}`,
  'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark',
  'Referer: https://shop.example.com/orders',
  'Origin: https://shop.example.com',
  'Sec-Fetch-Site: same-site',
  'Sec-Fetch-Mode: cors',
  'Connection: keep-alive',
])
const answer = head([
  'HTTP/1.1 200 OK',
  'Server: nginx/1.22.1',
  'Date: Sun, 22 Nov 2026 07:00:00 GMT',
  'Content-Type: application/json',
  'Content-Length: 94',
  'Connection: keep-alive',
])
const chunks = Buffer.from(`${`400\r\n${'y'.repeat(1024)}\r\n`.repeat(4)}0\r\n\r\n`, 'latin1')

export const cases: readonly MicroCase[] = [
  { name: 'codec: request head, 2 lines', run: () => request(small) },
  { name: 'codec: request head, 13 lines', run: () => request(browser) },
  { name: 'codec: response head, 6 lines', run: () => response(answer) },
  {
    name: 'codec: chunked body, 4 × 1 KB',
    run: () => {
      let bytes = 0
      new ChunkedDecoder(names).feed(chunks, 0, chunks.length, (from, to) => {
        bytes += to - from
      })
      return bytes
    },
  },
  { name: 'path: plain', run: () => canonicalTarget('/orders/4711/items?page=2') },
  { name: 'path: with escapes', run: () => canonicalTarget('/orders/%41%42c/caf%c3%a9?page=2') },
]

function head(lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

function request(bytes: Buffer): unknown {
  const after = scanHead(bytes, 0, bytes.length, names, 100, scan)
  return readRequestHead(bytes.toString('latin1', 0, after - 2), scan, names, false, 8_192)
}

function response(bytes: Buffer): unknown {
  const after = scanHead(bytes, 0, bytes.length, names, 100, scan)
  return readResponseHead(bytes.toString('latin1', 0, after - 2), scan, names, false)
}
