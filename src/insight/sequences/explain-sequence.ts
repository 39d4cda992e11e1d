import type { Clause } from '../behaviour/model.ts'
import type { Signature } from './compositions.ts'
import type { Encoded } from './encode.ts'
import type { LocalSurprise } from './local-surprise.ts'
import type { SequenceParts } from './sequence-model.ts'
import { endSymbol, startSymbol } from './vocabulary.ts'

/** A sequence that was judged. */
export interface JudgedSequence {
  readonly steps: readonly string[]
  readonly encoded: Encoded
  readonly surprises: Float64Array
  readonly local: LocalSurprise
  readonly signature: Signature
}

/** Below it, in bits, a step is no surprise worth a word: it came at least once in sixteen times. */
const wordyBits = 4
const clausesPerAxis = 3

/** In words: steps never seen, steps too many or missing, what followed what, what came too early. */
export function explainSequence(parts: SequenceParts, judged: JudgedSequence): Clause[] {
  return [
    ...unseen(parts, judged),
    ...counts(parts, judged),
    ...composition(parts, judged),
    ...transitions(parts, judged),
    ...order(parts, judged),
  ]
}

function unseen({ vocabulary, compositions }: SequenceParts, { steps, encoded }: JudgedSequence): Clause[] {
  const total = compositions.total
  const places = new Map<string, number>()
  for (const [i, step] of steps.entries()) if (!places.has(step)) places.set(step, i)
  return [...places]
    .map(([step, place]) => ({ step, place, sequences: vocabulary.sequencesWith(vocabulary.symbolOf(step)) }))
    .filter(({ sequences }) => sequences * 100 < total)
    .sort((a, b) => a.sequences - b.sequences || a.place - b.place)
    .slice(0, clausesPerAxis)
    .map(({ step, place, sequences }) => ({
      axis: 'novelty',
      text:
        sequences === 0
          ? `step ${place + 1} ${quoted(step)} was never seen in ${counted(total)} sequences`
          : `step ${place + 1} ${quoted(step)} was seen in ${counted(sequences)} of ${counted(total)} sequences`,
    }))
    .slice(0, encoded.symbols.length)
}

function counts({ vocabulary, stepCounts }: SequenceParts, { encoded }: JudgedSequence): Clause[] {
  return stepCounts
    .most(encoded.composition, symbol => vocabulary.sequencesWith(symbol))
    .slice(0, clausesPerAxis)
    .map(({ symbol, count, asMany, all }) => ({
      axis: 'counts',
      text: `${quoted(vocabulary.nameOf(symbol) ?? '?')} comes ${times(count)}: as often in ${counted(asMany)} of ${counted(all)} sequences with it`,
    }))
}

function composition({ vocabulary, compositions }: SequenceParts, judged: JudgedSequence): Clause[] {
  const { encoded, signature } = judged
  const here = new Map(
    encoded.composition.symbols.map((symbol, i) => [symbol, encoded.composition.counts[i] as number]),
  )
  const there = new Map(signature.symbols.map((symbol, i) => [symbol, signature.counts[i] as number]))
  const all = [...new Set([...here.keys(), ...there.keys()])]
  const among = `in the nearest of the learnt sequences (${counted(signature.count)} of ${counted(compositions.total)})`
  return all
    .map(symbol => ({ name: vocabulary.nameOf(symbol), now: here.get(symbol) ?? 0, usual: there.get(symbol) ?? 0 }))
    .filter(({ name, now, usual }) => now !== usual && name !== null)
    .map(({ name, now, usual }) => ({
      name: name as string,
      now,
      usual,
      difference: Math.abs(Math.log2(1 + now) - Math.log2(1 + usual)),
    }))
    .sort((a, b) => b.difference - a.difference || (a.name < b.name ? -1 : 1))
    .slice(0, clausesPerAxis)
    .map(({ name, now, usual }) => ({
      axis: 'composition',
      text:
        now === 0
          ? `${quoted(name)} is missing: it comes ${times(usual)} ${among}`
          : `${quoted(name)} comes ${times(now)}: ${usual === 0 ? 'never' : times(usual)} ${among}`,
    }))
}

function transitions({ vocabulary, contexts }: SequenceParts, judged: JudgedSequence): Clause[] {
  const { encoded, surprises, local } = judged
  const { symbols, places } = encoded
  const nameOf = (symbol: number): string =>
    symbol === startSymbol ? 'the start' : symbol === endSymbol ? 'the end' : quoted(vocabulary.nameOf(symbol) ?? '?')
  const odd: number[] = []
  for (let at = local.from; at < local.to; at++) if ((surprises[at] as number) >= wordyBits) odd.push(at)
  return odd
    .sort((a, b) => (surprises[b] as number) - (surprises[a] as number))
    .slice(0, clausesPerAxis)
    .map(at => {
      const { context, followed, times: seen, usual } = contexts.at(symbols, at)
      const place = places[at] as number
      const before = [...symbols.subarray(at - context, at)].map(nameOf).join(' → ')
      const what =
        symbols[at] === endSymbol
          ? `the end after ${times(place, 'step')}`
          : `step ${place + 1} ${quoted(judged.steps[place] as string)}`
      const after = context === 0 ? '' : ` after ${before}`
      const then = usual.map(({ symbol, times: often }) => `${nameOf(symbol)} (${counted(often)})`).join(', ')
      return {
        axis: 'sequence',
        text: `${what}${after}: ${seen === 0 ? 'never' : counted(seen)} in ${counted(followed)} times; usually ${then}`,
      }
    })
}

function order({ vocabulary, precedence }: SequenceParts, { encoded }: JudgedSequence): Clause[] {
  return precedence.unprepared(encoded.firsts, clausesPerAxis).map(({ step, before, later, usual, all }) => {
    const [what, missing] = [quoted(vocabulary.nameOf(step) ?? '?'), quoted(vocabulary.nameOf(before) ?? '?')]
    return {
      axis: 'order',
      text: `${what} comes ${later ? 'before' : 'without'} ${missing}, which came before it in ${counted(usual)} of ${counted(all)} sequences`,
    }
  })
}

function times(count: number, what = 'time'): string {
  return `${counted(count)} ${what}${count === 1 ? '' : 's'}`
}

const english = new Intl.NumberFormat('en-US')

/** A formatter that is made once: `toLocaleString` took a third of the time of judging. */
function counted(count: number): string {
  return english.format(count)
}

/** A step is somebody's text: short, and on one line. */
function quoted(step: string): string {
  const line = step.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '·')
  return `\`${line.length > 80 ? `${line.slice(0, 79)}…` : line}\``
}
