import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Case } from './cases.ts'
import type { Row } from './results.ts'

/**
 * What the machine is while it measures: absolute bars (µs, items a second, seconds) were set on a machine of its own, and these figures say how far
 * this one is from it. A core of 2021 at 3 GHz that nobody shares has about 1.3 ns, 10 to 20 ns, 80 to 100 ns, 0.3 µs and 25 µs.
 */
export const machineCase: Case = {
  name: 'machine',
  title: 'what this machine is while it measures; the absolute bars below are to be read with it',
  // oxlint-disable-next-line typescript/require-await -- All cases are promises.
  run: async () => [
    row(`arithmetic ${(arithmetic() * 1e9).toFixed(1)} ns a step (multiply, add)`),
    row(`dependent load ${(load(4) * 1e9).toFixed(0)} ns in 4 MB, ${(load(256) * 1e9).toFixed(0)} ns in 256 MB`),
    row(`system call ${(systemCall() * 1e6).toFixed(2)} µs (a byte to /dev/null, with what Node.js adds)`),
    row(`RS256 verified in ${(verification() * 1e6).toFixed(0)} µs (without a cache)`),
  ],
}

function row(note: string): Row {
  return {
    case: 'machine',
    subject: 'this machine',
    cpuUsPerRequest: null,
    rps: null,
    p99Ms: null,
    rssMb: null,
    ratio: null,
    must: null,
    holds: null,
    note,
  }
}

/** CPU seconds of one of `times` runs, the best of three: what disturbs only ever adds. */
function cost(times: number, run: (times: number) => unknown): number {
  run(times)
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    const before = process.cpuUsage()
    if (run(times) === undefined) throw new Error('nothing was done')
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / 1e6 / times)
  }
  return best
}

function arithmetic(): number {
  return cost(100_000_000, times => {
    let x = 0
    for (let i = 0; i < times; i++) x = (Math.imul(x, 31) + i) | 0
    return x
  })
}

/** A walk through all places in an order of chance: each load needs the one before it. */
function load(megabytes: number): number {
  const places = (megabytes * 2 ** 20) / 4
  const next = new Uint32Array(places)
  for (const i of next.keys()) next[i] = i
  // Sattolo's shuffle: one circle through all.
  for (let i = places - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * i)
    const other = next[i] as number
    next[i] = next[j] as number
    next[j] = other
  }
  return cost(2_000_000, times => {
    let at = 0
    for (let i = 0; i < times; i++) at = next[at] as number
    return at
  })
}

function systemCall(): number {
  const nowhere = openSync('/dev/null', 'w')
  try {
    const byte = Buffer.alloc(1)
    return cost(100_000, times => {
      let written = 0
      for (let i = 0; i < times; i++) written += writeSync(nowhere, byte)
      return written
    })
  } finally {
    closeSync(nowhere)
  }
}

function verification(): number {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const text = Buffer.from('a head and a body of a token')
  const signature = sign('sha256', text, privateKey)
  return cost(2_000, times => {
    let good = 0
    for (let i = 0; i < times; i++) if (verify('sha256', text, publicKey, signature)) good++
    return good
  })
}
