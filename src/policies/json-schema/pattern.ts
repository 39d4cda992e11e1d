import { createRequire } from 'node:module'
import { ecmaToRe2, isPlainlyLinear } from '../../lib/ecma-pattern.ts'

/**
 * A pattern of a user's schema → a test in linear time, whatever the pattern and the text (ReDoS: OWASP API4:2023). V8's own
 * engine backtracks: `^(a+)+$` over 30 letters holds a worker for seconds. Throws an Error with the reason.
 */
export function compilePattern(source: string): (text: string) => boolean {
  const translated = ecmaToRe2(source)
  if (isPlainlyLinear(source)) {
    // Eight times faster on short texts, and most patterns of real schemas are of this kind.
    const plain = new RegExp(source, 'u')
    return text => plain.test(text)
  }
  const pattern = engine().compile(translated)
  return text => pattern.test(text)
}

type Engine = typeof import('re2js').RE2JS

const load = createRequire(import.meta.url)

// Loaded when the first pattern is met: it costs 5 to 13 ms, and most schemas have none.
function engine(): Engine {
  return (load('re2js') as typeof import('re2js')).RE2JS
}
