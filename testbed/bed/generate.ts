// scripts/with-node node testbed/bed/generate.ts --seed 7 --days 14 --out DIR [--unseen | --attacks dev|acceptance]: a bed's traffic and what is true of it.
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { makeBedCertificates } from './certificates.ts'
import { createCluster } from './cluster.ts'
import { configurationOf } from './configuration.ts'
import { documentOf } from './documents.ts'
import { services } from './estate.ts'
import type { Ledger } from './calls.ts'
import { attackSteps } from './attacks/plan.ts'
import { createLabels } from './labels.ts'
import { runDay } from './offline.ts'
import { createRandom } from './random.ts'
import { paperPlaces, weakPlaces } from './places.ts'
import { createTokenIssuer } from './tokens.ts'
import { truthOf } from './truth.ts'
import { createWorld } from './world.ts'

const DAY = 86_400_000

/** A Monday. */
export const firstDay = Date.UTC(2026, 2, 2)

export interface BedOptions {
  readonly seed: number
  readonly days: number
  readonly out: string
  /** The day after the last, benign and with chances of its own, in place of the days. */
  readonly unseen: boolean
  /** The day after the last with labelled attacks, of parameters for one of two purposes, in place of the days. */
  readonly attacks?: AttackSet
}

/** Attacks to make detectors with, and others to judge them by. */
export type AttackSet = 'dev' | 'acceptance'

export interface BedFiles {
  readonly exchanges: string
  readonly spans: string
  readonly parents: string
  readonly labels: string
  readonly kubernetes: string
  readonly documents: Readonly<Record<string, string>>
  readonly configuration: string
  readonly truth: string
}

/** Writes everything to a folder, which is made; the same options write the same bytes. */
export async function generateBed({ seed, days, out, unseen, attacks }: BedOptions): Promise<BedFiles> {
  mkdirSync(path.join(out, 'openapi'), { recursive: true })
  const file = (name: string): string => path.join(out, name)
  const documents = Object.fromEntries(services.map(({ name }) => [name, file(`openapi/${name}.json`)]))
  const files: BedFiles = {
    exchanges: file('exchanges.ndjson'),
    spans: file('spans.ndjson'),
    parents: file('parents.ndjson'),
    labels: file('labels.ndjson'),
    kubernetes: file('kubernetes.json'),
    documents,
    configuration: file('portcullis.yaml'),
    truth: file('truth.json'),
  }
  const world = createWorld(seed)
  const tokens = createTokenIssuer(world.random.fork('issuer'))
  // The cluster of the unseen day is what the last day left: no release comes between.
  const cluster = createCluster(services, { startMs: firstDay, days, firstRelease: 0 }, world.random.fork('cluster'))
  const calls = new Map<string, number>()
  const used = new Map<string, Set<string>>()
  const lines = {
    exchanges: writer(files.exchanges),
    spans: writer(files.spans),
    parents: writer(files.parents),
    labels: writer(files.labels),
  }
  const labels = createLabels(lines.labels.add, isPod)
  const ledger: Ledger = {
    exchange: lines.exchanges.add,
    span: lines.spans.add,
    parent: (spanId, parentId) => lines.parents.add(JSON.stringify([spanId, parentId])),
    call({ id }, caller) {
      calls.set(id, (calls.get(id) ?? 0) + 1)
      const own = used.get(caller)
      if (own === undefined) used.set(caller, new Set([id]))
      else own.add(id)
    },
    mark: labels.take,
  }
  const after = unseen || attacks !== undefined
  const numbers = after ? [days] : Array.from({ length: days }, (_, i) => i)
  for (const day of numbers)
    await runDay(
      {
        world,
        cluster,
        tokens,
        random: createRandom(`traffic/${seed}/${after ? 'unseen' : day}`),
        day,
        startMs: firstDay + day * DAY,
        scanners: !after,
        released: operation => operation,
        load: () => 1,
        further: parts =>
          attacks === undefined
            ? []
            : attackSteps(parts, createRandom(`attacks/${seed}/${attacks}`), attacks === 'acceptance'),
      },
      ledger,
    )
  for (const one of Object.values(lines)) one.close()

  const certificates = await makeBedCertificates(world.random, firstDay, [
    ...new Set(services.flatMap(({ host, meshHost }) => [host, meshHost])),
  ])
  const endMs = firstDay + days * DAY
  const configuration = configurationOf(world.random, tokens, paperPlaces(certificates, cluster, endMs))
  writeFileSync(files.configuration, stringify(configuration, { lineWidth: 0, aliasDuplicateObjects: false }))
  writeFileSync(files.kubernetes, `${JSON.stringify(cluster.objects(), null, 1)}\n`)
  for (const service of services)
    writeFileSync(documents[service.name] as string, `${JSON.stringify(documentOf(service), null, 1)}\n`)
  const truth = truthOf({
    seed,
    fromMs: firstDay + (numbers[0] as number) * DAY,
    toMs: firstDay + ((numbers.at(-1) as number) + 1) * DAY,
    cluster,
    calls,
    used,
    above: weakPlaces(),
    attacks: labels.attacks(),
  })
  writeFileSync(files.truth, `${JSON.stringify(truth, null, 1)}\n`)
  return files
}

/** By the cluster's own networks. */
function isPod(address: string): boolean {
  return address.startsWith('10.20.')
}

interface Writer {
  add(line: string): void
  close(): void
}

function writer(file: string): Writer {
  const descriptor = openSync(file, 'w')
  let waiting: string[] = []
  let size = 0
  const flush = (): void => {
    if (waiting.length === 0) return
    const bytes = Buffer.from(`${waiting.join('\n')}\n`)
    waiting = []
    size = 0
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
  }
  return {
    add(line) {
      waiting.push(line)
      size += line.length
      if (size > 4_000_000) flush()
    },
    close() {
      flush()
      closeSync(descriptor)
    },
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '7' },
      days: { type: 'string', default: '1' },
      out: { type: 'string' },
      unseen: { type: 'boolean', default: false },
      attacks: { type: 'string' },
    },
  })
  const [seed, days] = [Number(values.seed), Number(values.days)]
  const { attacks } = values
  if (
    (attacks !== undefined && attacks !== 'dev' && attacks !== 'acceptance') ||
    values.out === undefined ||
    !Number.isSafeInteger(seed) ||
    !Number.isSafeInteger(days) ||
    days < 1
  ) {
    process.stderr.write(
      'usage: generate.ts --seed NUMBER --days NUMBER --out FOLDER [--unseen | --attacks dev|acceptance]\n',
    )
    process.exit(2)
  }
  const files = await generateBed({
    seed,
    days,
    out: values.out,
    unseen: values.unseen,
    ...(attacks === undefined ? {} : { attacks }),
  })
  process.stdout.write(`written: ${files.exchanges} and what belongs to it\n`)
}
