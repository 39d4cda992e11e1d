import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { testData } from '../../test/support/test-data.ts'
import { canonicalTarget } from './canonical-path.ts'

function pathOf(target: string): string | null {
  const read = canonicalTarget(target)
  return typeof read === 'string' ? null : read.path
}

describe('canonical path: what two readers could take for two paths is refused', () => {
  const refused: Readonly<Record<string, readonly string[]>> = {
    'a dot segment in any encoding': [
      '/.',
      '/..',
      '/./a',
      '/a/.',
      '/a/..',
      '/a/../b',
      '/a/./b',
      '/%2e',
      '/%2E%2e',
      '/.%2e/a',
      '/a/%2e%2E/b',
      '/..?a',
      '/%2e%2e?a',
    ],
    'a dot segment with a path parameter': [
      '/..;/a',
      '/..;a=b',
      '/.;a/b',
      '/%2e%2e;a/b',
      '/..%3b/a',
      '/..%3Ba',
      '/%2e;',
    ],
    'an empty segment': ['//', '//a', '/a//b', '/a//', '///'],
    'a backslash': ['/a\\b', '\\a', '/\\', '/a/..\\b', '/%5c', '/a%5Cb', '/..%5c'],
    'an encoded slash': ['/%2f', '/a%2Fb', '/..%2f', '/%2f%2e%2e'],
    'a control character': [
      '/\0',
      '/a\tb',
      '/a\rb',
      '/a\nb',
      '/a\x1bb',
      '/\x7f',
      '/%00',
      '/%09',
      '/%0a',
      '/%0D%0A',
      '/%1f',
      '/%7F',
      '/%c2%80',
      '/%C2%9f',
    ],
    'an escape without two hex digits': [
      '/%',
      '/%2',
      '/a%',
      '/%zz',
      '/%2g',
      '/%g2',
      '/%%',
      '/%%32%65',
      '/%u002e',
      '/% 2',
      '/%-1',
      '/%0x',
    ],
    'invalid UTF-8': [
      '/%80',
      '/%c0%ae',
      '/%c0%af',
      '/%e0%80%af',
      '/%f0%80%80%af',
      '/%f8%80%80%80%af',
      '/%ff',
      '/%c3',
      '/%c3a',
      '/a%c3/b',
      '/%ed%a0%80',
      '/%f4%90%80%80',
      '/%e2%82',
    ],
    'a raw byte beyond ASCII': ['/\x80', '/\xe9', '/a\xff', '/\u0100', '/\u2025', '/\uff0e\uff0e/'],
    'a fragment': ['/a#', '/a#b', '/#', '/a?b#c', '/a?#'],
    'what must be encoded': [
      '/a b',
      '/a"b',
      '/<a>',
      '/a^b',
      '/`',
      '/{a}',
      '/a|b',
      '/a?b c',
      '/a?b\0',
      '/a?\x80',
      '/a?b\tc',
    ],
    'no slash at the beginning': ['', 'a', '?a', '*', 'http://a/b', '%2fa', '.', 'a/b'],
  }
  for (const [name, targets] of Object.entries(refused)) {
    it(name, () => {
      for (const target of targets) assert.equal(typeof canonicalTarget(target), 'string', JSON.stringify(target))
    })
  }
})

describe('canonical path: one form for what is the same', () => {
  const same: ReadonlyArray<readonly [target: string, canonical: string]> = [
    ['/', '/'],
    ['/a/b/', '/a/b/'],
    ['/%61', '/a'],
    ['/%41%5a%7E%2d%5F', '/AZ~-_'],
    ['/a%2eb', '/a.b'],
    ['/%2ehidden', '/.hidden'],
    ['/...', '/...'],
    ['/a..b/..c/d..', '/a..b/..c/d..'],
    ['/%c3%a9', '/%C3%A9'],
    ['/%e2%82%ac%f0%9f%98%80', '/%E2%82%AC%F0%9F%98%80'],
    ['/%20%3f%23%25', '/%20%3F%23%25'],
    ['/%252e%252e/', '/%252e%252e/'],
    ["/!$&'()*+,;=:@[]", "/!$&'()*+,;=:@[]"],
    ['/a;b=c;d', '/a;b=c;d'],
    ['/a%3bb', '/a%3Bb'],
  ]
  for (const [target, canonical] of same) it(`${target} is ${canonical}`, () => assert.equal(pathOf(target), canonical))

  it('the query stays as it is', () => {
    assert.deepEqual(canonicalTarget('/a?b=%61&c=%2F..//?d'), { path: '/a', query: 'b=%61&c=%2F..//?d' })
    assert.deepEqual(canonicalTarget('/a?'), { path: '/a', query: '' })
  })

  it('is stable, and every escape that is left stands for something that must be one', () => {
    const piece = fc.oneof(
      fc.constantFrom('/', '.', '..', '%2e', ';', '%3B', 'a', 'Z', '~', '%', '%25', '%c3%a9', '\\', '?', '#', ':', '@'),
      fc.integer({ min: 0, max: 255 }).map(octet => `%${octet.toString(16).padStart(2, '0')}`),
      fc.integer({ min: 1, max: 255 }).map(octet => String.fromCharCode(octet)),
    )
    let accepted = 0
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
        const read = canonicalTarget(`/${pieces.join('')}`)
        if (typeof read === 'string') return
        accepted++
        assert.deepEqual(canonicalTarget(read.path), { path: read.path, query: '' })
        for (const [, hex = ''] of read.path.matchAll(/%(..)/g)) {
          assert.match(hex, /^[0-9A-F]{2}$/)
          assert.doesNotMatch(String.fromCharCode(Number.parseInt(hex, 16)), /[A-Za-z0-9\-._~/\\\0-\x1f\x7f]/)
        }
        const decoded = decodeURIComponent(read.path)
        assert.doesNotMatch(decoded, /[\0-\x1f\x7f-\x9f\\]/)
        assert.ok(!decoded.split('/').some(segment => segment === '.' || segment === '..'), decoded)
      }),
      { numRuns: 20_000 },
    )
    assert.ok(accepted > 1000, `${accepted} accepted`)
  })

  it('whatever a browser would resolve to another path is refused', { skip: testData('wpt-url') === null }, () => {
    const file = path.join(testData('wpt-url') as string, 'urltestdata.json')
    const cases = (
      JSON.parse(readFileSync(file, 'utf8')) as Array<string | { input: string; pathname?: string; failure?: boolean }>
    )
      .filter(one => typeof one === 'object')
      .map(({ input }) => /^(?:https?:\/\/[^/\\?#@]+)?(\/[\s\S]*)$/.exec(input)?.[1])
      .filter(target => target !== undefined)
    let accepted = 0
    for (const target of cases) {
      const read = canonicalTarget(target)
      if (typeof read === 'string') continue
      accepted++
      // A browser leaves escapes alone; so decode on both sides.
      assert.equal(
        decodeURIComponent(new URL(target, 'http://a.example').pathname),
        decodeURIComponent(read.path),
        target,
      )
    }
    assert.ok(cases.length > 150 && accepted > 20, `${accepted} of ${cases.length} accepted`)
  })

  it('the time grows with the length and not faster', () => {
    const shapes = ['/a', '/%61', '/.a', ';', '%3B', '/..a', '%c3%a9']
    for (const shape of shapes) {
      const time = (count: number): number => {
        const target = `/x${shape.repeat(count)}\\`
        let best = Infinity
        for (let i = 0; i < 7; i++) {
          const start = performance.now()
          canonicalTarget(target)
          best = Math.min(best, performance.now() - start)
        }
        return best
      }
      time(500)
      const ratio = time(16_000) / Math.max(time(2000), 0.005)
      assert.ok(ratio < 40, `${shape}: eight times the length took ${ratio.toFixed(1)} times as long`)
    }
  })
})
