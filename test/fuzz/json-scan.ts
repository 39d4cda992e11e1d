// The scanner against an independent reading of the same bytes: both must accept, or both must refuse.
import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { JsonScanner, type JsonLimits } from '../../src/lib/json-scan.ts'
import { jsonBytes } from './json-bytes.ts'

const limits: JsonLimits = {
  depthMax: 1_000_000,
  membersMax: 10_000_000,
  itemsMax: 10_000_000,
  valuesMax: 50_000_000,
  keyBytesMax: 100_000_000,
  stringBytesMax: 100_000_000,
  numberBytesMax: 1_000,
  allowNul: false,
  allowLossyNumbers: false,
}

/** Throws with the bytes when the two readings differ, or when twice the body takes far more than twice the time. */
export async function fuzz(budgetMs: number): Promise<{ name: string; runs: number }> {
  const scanner = new JsonScanner(limits, randomBytes(32))
  const until = performance.now() + budgetMs
  let runs = 0
  do {
    fc.assert(
      fc.property(jsonBytes, bytes => {
        runs++
        const fault = scanner.scan(bytes)
        const other = independentFault(bytes)
        if ((fault === null) !== (other === null))
          throw new Error(
            `scanner: ${fault?.code ?? 'accepts'}, independent: ${other ?? 'accepts'}: ${Buffer.from(bytes).toString('base64')}`,
          )
      }),
      { numRuns: 2_000, endOnFailure: true, interruptAfterTimeLimit: Math.max(1, until - performance.now()) },
    )
  } while (performance.now() < until - budgetMs * 0.3)
  for (const [shape, make] of Object.entries(shapes)) {
    runs++
    checkLinear(shape, make, scanner)
  }
  return { name: 'json-scan', runs }
}

/** Why a reader of another make would not take these bytes as one clear value; null when it would. */
function independentFault(bytes: Uint8Array): string | null {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return 'not UTF-8'
  }
  let names = 0
  let fault: string | null = null
  let value: unknown
  try {
    value = JSON.parse(text, (key: string, inner: unknown, context?: { source?: string }) => {
      if (typeof inner === 'number' && context?.source !== undefined && !sameDecimal(context.source, inner))
        fault = 'lossy number'
      if (typeof inner === 'string' && unclear(inner)) fault = 'unclear string'
      if (unclear(key) || key === '__proto__') fault = 'unclear name'
      if (inner !== null && typeof inner === 'object' && !Array.isArray(inner)) names += Object.keys(inner).length
      return inner
    })
  } catch {
    return 'not JSON'
  }
  // Colons outside of strings are names as written; fewer names in the value means that one was given twice.
  const written = text.replace(/"(?:[^"\\]|\\.)*"/gs, '').split(':').length - 1
  if (names !== written) return 'a name twice'
  if (typeof value === 'number' && !sameDecimal(text.trim(), value)) return 'lossy number'
  return fault
}

function unclear(text: string): boolean {
  return !text.isWellFormed() || text.includes('\0')
}

/** Exact comparison as fractions of whole numbers, another way than the scanner's. */
function sameDecimal(source: string, value: number): boolean {
  if (!Number.isFinite(value)) return false
  const [a, aTens] = whole(source)
  const [b, bTens] = whole(String(value))
  if (a === 0n || b === 0n) return a === b
  // Powers of ten that no double has would be numbers of a million digits here.
  if (Math.abs(aTens) > 5_000) return false
  const least = Math.min(aTens, bTens)
  return a * 10n ** BigInt(aTens - least) === b * 10n ** BigInt(bTens - least)
}

function whole(text: string): [digits: bigint, tens: number] {
  const [, sign = '', int = '', fraction = '', exponent = '0'] =
    /^\s*(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/.exec(text) ?? []
  const digits = BigInt(int + fraction)
  return [sign === '-' ? -digits : digits, Number(exponent) - fraction.length]
}

/** Bodies whose size is the number. */
const shapes: Readonly<Record<string, (size: number) => Uint8Array>> = {
  'many names': size => Buffer.from(`{${Array.from({ length: size / 10 }, (_, i) => `"k${i}":0`).join(',')}}`),
  'many escaped names': size =>
    Buffer.from(`{${Array.from({ length: size / 10 }, (_, i) => `"\\u006b${i}":0`).join(',')}}`),
  'names that differ in their last letter': size =>
    Buffer.from(`{${Array.from({ length: size / 100 }, (_, i) => `"${'x'.repeat(80)}${i}":0`).join(',')}}`),
  'many objects with one name': size => Buffer.from(`[${'{"a":1},'.repeat(size / 8)}{}]`),
  'deep arrays': size => Buffer.from('['.repeat(size / 2) + ']'.repeat(size / 2)),
  'deep objects': size => Buffer.from('{"a":'.repeat(size / 6) + '1' + '}'.repeat(size / 6)),
  'one string of escapes': size => Buffer.from(`"${'\\u00e9'.repeat(size / 6)}"`),
  'one string of four-byte characters': size => Buffer.from(`"${'😀'.repeat(size / 4)}"`),
  'long numbers': size => Buffer.from(`[${'0.30000000000000004,'.repeat(size / 20)}0]`),
  'unclosed string': size => Buffer.from(`["${'a'.repeat(size)}`),
}

function checkLinear(shape: string, make: (size: number) => Uint8Array, scanner: JsonScanner): void {
  const small = make(300_000)
  const large = make(600_000)
  let ratio = Number.POSITIVE_INFINITY
  // Other work on the machine only ever makes one side slower, so the best of some rounds is asked.
  for (let round = 0; round < 12 && ratio > 3; round++)
    ratio = Math.min(ratio, best(scanner, large) / best(scanner, small))
  if (ratio > 3) throw new Error(`${shape}: twice the body takes ${ratio.toFixed(1)} times the time`)
}

function best(scanner: JsonScanner, bytes: Uint8Array): number {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < 5; i++) {
    const start = performance.now()
    scanner.scan(bytes)
    least = Math.min(least, performance.now() - start)
  }
  return least
}
