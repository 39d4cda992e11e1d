import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { DetectionSettings } from '../../../src/insight/detection/settings.ts'
import { usualDetection } from '../../../src/insight/detection/settings.ts'
import { type BedFiles, firstDay, generateBed } from '../../../testbed/bed/generate.ts'
import type { Truth } from '../../../testbed/bed/truth.ts'
import { type BedRun, openBedRun } from './bed-run.ts'
import { type BedScore, scoreBed } from './score.ts'

const DAY_MS = 86_400_000

/** What detectors did on the day after the days that they learnt from. */
export interface MeasuredBed extends BedScore {
  readonly seed: number
  readonly trained: number
  /** Calls of the day that belong to no attack, and that none caused. */
  readonly benign: number
}

export interface BedTraining {
  readonly seed: number
  readonly days: number
  /** Share of the bed's usual number of visits. */
  readonly visits: number
  readonly attacks: 'dev' | 'acceptance'
  /** Share of the training that belongs to attacks; 0: none. */
  readonly poison: number
}

/** What was learnt from some days. */
export interface TrainedBed {
  /** Generates the day after with its attacks and plays it. `sale`: it is one, and the configuration says so; what was learnt is then as after a restart. */
  measure(sale: boolean): Promise<MeasuredBed>
}

/** Generates days and learns from them; the folders are gone when it is done. */
export async function trainBed({ seed, days, visits, attacks, poison }: BedTraining): Promise<TrainedBed> {
  const { run, trained } = await inFolder(
    out => generateBed({ seed, days, visits, out, unseen: false, ...(poison === 0 ? {} : { attacks, poison }) }),
    async files => {
      const opened = await openBedRun(files)
      let count = 0
      await opened.play(files, () => count++)
      return { run: opened, trained: count }
    },
  )
  // Now: a day that is played is learnt from as well.
  const beforeSale = run.restarted(saleOn(firstDay + days * DAY_MS))
  return {
    measure: sale =>
      inFolder(
        out => generateBed({ seed, days, visits, out, unseen: false, attacks, ...(sale ? { scenario: 'sale' } : {}) }),
        async day => ({ seed, trained, ...(await measured(sale ? beforeSale : run, day)) }),
      ),
  }
}

async function measured(run: BedRun, day: BedFiles): Promise<Omit<MeasuredBed, 'seed' | 'trained'>> {
  const attackOf = new Map(
    readFileSync(day.labels, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as { id: string; attack: string })
      .map(({ id, attack }) => [id, attack] as const),
  )
  const traces = new Set<string>()
  const others: Array<{ readonly id: string; readonly traceId: string | null }> = []
  const played = await run.play(day, ({ event: { id, traceId } }) => {
    if (!attackOf.has(id)) others.push({ id, traceId })
    else if (traceId !== null) traces.add(traceId)
  })
  // What services called because of an attack is neither the attack nor benign.
  const caused = new Set(others.flatMap(({ id, traceId }) => (traceId !== null && traces.has(traceId) ? [id] : [])))
  const truth = JSON.parse(readFileSync(day.truth, 'utf8')) as Truth
  return { benign: others.length - caused.size, ...scoreBed(truth.attacks, played, { attackOf, caused }) }
}

async function inFolder<T>(
  generate: (out: string) => Promise<BedFiles>,
  use: (files: BedFiles) => Promise<T>,
): Promise<T> {
  const out = mkdtempSync(path.join(tmpdir(), 'portcullis-bed-'))
  try {
    return await use(await generate(out))
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

function saleOn(timeMs: number): Partial<DetectionSettings> {
  const sale = {
    name: 'sale',
    days: [new Date(timeMs).toISOString().slice(0, 10)],
    hours: null,
    factor: 3,
    begin: 'calendar' as const,
  }
  return { baselines: { ...usualDetection.baselines, scenarios: [sale] } }
}
