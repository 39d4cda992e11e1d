import { canonicalTarget } from '../../src/lib/canonical-path.ts'
import { randomOf, type Random } from './mutation.ts'

const seeds = [
  '/',
  '/a/b?c=d',
  '/a%2eb/%c3%a9;x=1',
  '/orders/%7Bid%7D/..',
  '/%2e%2e;/admin',
  '/a//b',
  '/a%2Fb',
  '/%252e%252e/',
  '/\u00e9',
  '/a?b#c',
]
const pieces = [
  '/',
  '//',
  '.',
  '..',
  '%2e',
  '%2E%2e',
  '%2f',
  '%5C',
  '\\',
  ';',
  '%3b',
  '%',
  '%%',
  '%25',
  '%00',
  '%0a',
  '%c0%ae',
  '%c2%85',
  '%e2%82%ac',
  '%ff',
  '%u002e',
  '?',
  '#',
  ' ',
  '\0',
  '\r\n',
  '\x7f',
  '\x80',
  '\xff',
  'a',
  '~',
  '@',
  ':',
]

/** What nothing may take longer than, ms; a thousand times the usual. */
const SLOW_MS = 200

/**
 * Mutated request targets. Findings: a throw; a form that is not stable; a form that decodes, resolves or splits to another path than it
 * shows; one that differs from the target by more than spelling; and a target that takes long.
 */
export async function fuzz(budgetMs: number): Promise<{ name: string; runs: number }> {
  const seed = Date.now() >>> 0
  const random = randomOf(seed)
  const until = performance.now() + budgetMs
  let runs = 0
  let accepted = 0
  while (performance.now() < until) {
    for (let i = 0; i < 200; i++, runs++) {
      const target = written(random)
      try {
        if (examine(target)) accepted++
      } catch (error) {
        throw new Error(`seed ${seed}, run ${runs}: ${JSON.stringify(target)}`, { cause: error })
      }
    }
    await new Promise(resolve => setImmediate(resolve))
  }
  // Nothing accepted = nothing was compared.
  return { name: `canonical-path (${accepted} accepted)`, runs: accepted === 0 ? 0 : runs }
}

/** True when the target was accepted. */
function examine(target: string): boolean {
  const startedAt = performance.now()
  const read = canonicalTarget(target)
  const took = performance.now() - startedAt
  if (took > SLOW_MS) throw new Error(`took ${took.toFixed(0)} ms for ${target.length} characters`)
  if (typeof read === 'string') {
    if (read === '') throw new Error('refused without a reason')
    return false
  }
  const again = canonicalTarget(read.path)
  if (typeof again === 'string' || again.path !== read.path) throw new Error(`not stable: ${JSON.stringify(again)}`)
  const [given = ''] = target.split('?', 1)
  if (decodeURIComponent(given) !== decodeURIComponent(read.path)) throw new Error(`another path: ${read.path}`)
  if (given.split('/').length !== read.path.split('/').length) throw new Error(`other segments: ${read.path}`)
  // As a browser, a file system and a servlet container would go on with it.
  const browser = new URL(read.path, 'http://a.example').pathname
  if (decodeURIComponent(browser) !== decodeURIComponent(read.path)) throw new Error(`resolved elsewhere: ${browser}`)
  for (const segment of decodeURIComponent(read.path).split('/')) {
    const [bare = ''] = segment.split(';', 1)
    if (bare === '.' || bare === '..') throw new Error(`a dot segment: ${read.path}`)
    if (/[\0-\x1f\x7f-\x9f\\]/.test(segment)) throw new Error(`a control character or backslash: ${read.path}`)
  }
  if (target.includes('#') || /[^\x21-\x7e]/.test(target))
    throw new Error('a fragment or a byte that must be encoded was taken')
  return true
}

function written(random: Random): string {
  let target = random.pick(seeds)
  for (let edits = random.below(6); edits > 0; edits--) {
    const at = random.below(target.length + 1)
    const piece = random.chance(0.8) ? random.pick(pieces) : String.fromCharCode(random.below(256))
    target = random.chance(0.7)
      ? target.slice(0, at) + piece + target.slice(at)
      : target.slice(0, at) + target.slice(at + 1 + random.below(3))
  }
  return random.chance(0.01) ? target.repeat(1 + random.below(1000)).slice(0, 8192) : target
}
