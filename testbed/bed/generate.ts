// scripts/with-node node testbed/bed/generate.ts --seed 7 --days 14 --out DIR [--attacks dev|acceptance]: a bed's traffic and what is true of it.
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import type { Ledger } from './calls.ts'
import { byEnd } from './by-end.ts'
import { makeBedCertificates } from './certificates.ts'
import { createCluster } from './cluster.ts'
import { configurationOf } from './configuration.ts'
import { type AttackSet, type DayWords, makersOf, type Scenario, type Training } from './day-makers.ts'
import { documentOf } from './documents.ts'
import { services } from './estate.ts'
import { createLabels } from './labels.ts'
import { createPopulation } from './lively/population.ts'
import { createReleases } from './lively/releases.ts'
import { seasonOf } from './lively/season.ts'
import { runDay } from './offline.ts'
import { paperPlaces, weakPlaces } from './places.ts'
import { createRandom } from './random.ts'
import { createTokenIssuer } from './tokens.ts'
import { truthOf } from './truth.ts'
import { createWorld } from './world.ts'

const DAY = 86_400_000

/** A Monday. */
export const firstDay = Date.UTC(2026, 2, 2)

export interface BedOptions {
  readonly seed: number
  /** Days to learn from, the first one is a Monday. */
  readonly days: number
  readonly out: string
  /** The day after the last, benign and with chances of its own, in place of the days. */
  readonly unseen: boolean
  /**
   * People make no mistakes, nothing changes but by roll-outs, and scanners without labels are about: what inventory and posture are measured on.
   */
  readonly plain?: boolean
  /** The day after the last with labelled attacks, of parameters for one of two purposes, in place of the days; with `poison`, of what is hidden. */
  readonly attacks?: AttackSet
  /** Of the day after the last, or of the last of the days. */
  readonly scenario?: Scenario
  /** Share (0–1) of the days' calls that belong to attacks, labelled. */
  readonly poison?: number
  /** Share of the usual number of visits (1): a smaller bed with the same operations and attacks. */
  readonly visits?: number
  /** An adversary who is there while the days are learnt, labelled. */
  readonly training?: Training
}

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
export async function generateBed(options: BedOptions): Promise<BedFiles> {
  const { seed, days, out, plain = false, attacks, poison = 0, scenario = null } = options
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
  // The cluster of the day after is what the last day left: no roll-out comes between.
  const cluster = createCluster(services, { startMs: firstDay, days, firstRelease: 0 }, world.random.fork('cluster'))
  const after = options.unseen || (attacks !== undefined && poison === 0)
  const numbers = after ? [days] : Array.from({ length: days }, (_, i) => i)
  const lastDay = numbers.at(-1) as number
  const population = createPopulation(world)
  const releases = createReleases(world.random.fork('releases'), {
    startMs: firstDay,
    days,
    lateDay: scenario === 'release' ? lastDay : null,
  })

  const calls = new Map<string, number>()
  const used = new Map<string, Set<string>>()
  const lines = {
    exchanges: writer(files.exchanges),
    spans: writer(files.spans),
    parents: writer(files.parents),
    labels: writer(files.labels),
  }
  const exchanges = byEnd(lines.exchanges.add)
  const labels = createLabels(lines.labels.add, isPod)
  const ledger: Ledger = {
    exchange: exchanges.hold,
    span: lines.spans.add,
    parent: (spanId, parentId) => lines.parents.add(JSON.stringify([spanId, parentId])),
    mark: labels.take,
    call({ id }, caller) {
      calls.set(id, (calls.get(id) ?? 0) + 1)
      const own = used.get(caller)
      if (own === undefined) used.set(caller, new Set([id]))
      else own.add(id)
    },
  }
  for (const day of numbers) {
    const random = createRandom(`traffic/${seed}/${after ? 'unseen' : day}`)
    const startMs = firstDay + day * DAY
    const season = seasonOf(random.fork('season'), {
      startMs,
      day,
      scenario: day === lastDay ? scenario : null,
      scale: options.visits ?? 1,
    })
    const words: DayWords = { seed, after, plain, attacks, poison, training: options.training, season, population }
    await runDay(
      {
        world,
        cluster,
        tokens,
        random,
        day,
        startMs,
        released: plain ? operation => operation : releases.at,
        load: plain ? () => 1 : season.load,
        makers: makersOf(words),
      },
      ledger,
    )
    exchanges.flush()
  }
  for (const one of Object.values(lines)) one.close()

  const certificates = await makeBedCertificates(world.random, firstDay, [
    ...new Set(services.flatMap(({ host, meshHost }) => [host, meshHost])),
  ])
  const endMs = firstDay + days * DAY
  const configuration = configurationOf(world.random, tokens, paperPlaces(certificates, cluster, endMs))
  writeFileSync(files.configuration, stringify(configuration, { lineWidth: 0, aliasDuplicateObjects: false }))
  writeFileSync(files.kubernetes, `${JSON.stringify(cluster.objects(), null, 1)}\n`)
  const toMs = firstDay + (lastDay + 1) * DAY
  for (const service of services) {
    // Teams write down what they release.
    const operations = plain ? service.operations : service.operations.map(one => releases.at(one, toMs))
    writeFileSync(
      documents[service.name] as string,
      `${JSON.stringify(documentOf({ ...service, operations }), null, 1)}\n`,
    )
  }
  const truth = truthOf({
    seed,
    fromMs: firstDay + (numbers[0] as number) * DAY,
    toMs,
    cluster,
    calls,
    used,
    above: weakPlaces(),
    attacks: labels.attacks(),
    releases: plain ? [] : releases.list.filter(({ time }) => Date.parse(time) < toMs),
    scenario:
      scenario === null
        ? null
        : { name: scenario, from: new Date(toMs - DAY).toISOString(), to: new Date(toMs).toISOString() },
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

const usage = `usage: generate.ts --seed NUMBER --days NUMBER --out FOLDER [--plain] [--unseen | --attacks dev|acceptance]
  [--scenario sale|release] [--poison SHARE] [--training drift|warm-up] [--visits FACTOR]
`

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '7' },
      days: { type: 'string', default: '1' },
      out: { type: 'string' },
      unseen: { type: 'boolean', default: false },
      plain: { type: 'boolean', default: false },
      attacks: { type: 'string' },
      scenario: { type: 'string' },
      poison: { type: 'string', default: '0' },
      visits: { type: 'string', default: '1' },
      training: { type: 'string' },
    },
  })
  const [seed, days, poison, visits] = [values.seed, values.days, values.poison, values.visits].map(Number) as [
    number,
    number,
    number,
    number,
  ]
  const attacks = wordOf(values.attacks, ['dev', 'acceptance'])
  const scenario = wordOf(values.scenario, ['sale', 'release'])
  const training = wordOf(values.training, ['drift', 'warm-up'])
  const sound =
    values.out !== undefined &&
    Number.isSafeInteger(seed) &&
    Number.isSafeInteger(days) &&
    days >= 1 &&
    poison >= 0 &&
    poison < 0.5 &&
    visits > 0 &&
    attacks !== null &&
    scenario !== null &&
    training !== null
  if (!sound) {
    process.stderr.write(usage)
    process.exit(2)
  }
  const files = await generateBed({
    seed,
    days,
    out: values.out as string,
    unseen: values.unseen,
    plain: values.plain,
    poison,
    visits,
    ...(attacks === undefined ? {} : { attacks }),
    ...(scenario === undefined ? {} : { scenario }),
    ...(training === undefined ? {} : { training }),
  })
  process.stdout.write(`written: ${files.exchanges} and what belongs to it\n`)
}

/** undefined: not given; null: none of the words. */
function wordOf<T extends string>(given: string | undefined, words: readonly T[]): T | null | undefined {
  return given === undefined ? undefined : (words.find(word => word === given) ?? null)
}
