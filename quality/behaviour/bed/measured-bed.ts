import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { DetectionSettings } from '../../../src/insight/detection/settings.ts'
import { usualDetection } from '../../../src/insight/detection/settings.ts'
import { type BedFiles, type BedOptions, firstDay, generateBed } from '../../../testbed/bed/generate.ts'
import type { Truth } from '../../../testbed/bed/truth.ts'
import { openBedRun } from './bed-run.ts'
import { type BedScore, scoreBed } from './score.ts'

const DAY_MS = 86_400_000

/** What detectors did on the day after the days that they learnt from. */
export interface MeasuredBed extends BedScore {
  readonly seed: number
  readonly trained: number
  /** Calls of the day that belong to no attack. */
  readonly benign: number
}

export interface BedMeasure {
  readonly seed: number
  readonly days: number
  readonly attacks: 'dev' | 'acceptance'
  /** The day is a sale, and the configuration says so. */
  readonly sale?: true
  /** Share of the training that belongs to attacks. */
  readonly poison?: number
}

/** Generates, learns and plays; the folders are gone when it is done. */
export async function measureBed({ seed, days, attacks, sale, poison = 0 }: BedMeasure): Promise<MeasuredBed> {
  const made: string[] = []
  const generate = (options: Omit<BedOptions, 'out' | 'seed' | 'days'>): Promise<BedFiles> => {
    const out = mkdtempSync(path.join(tmpdir(), 'portcullis-bed-'))
    made.push(out)
    return generateBed({ ...options, seed, days, out })
  }
  try {
    const training = await generate({ unseen: false, ...(poison === 0 ? {} : { attacks, poison }) })
    const day = await generate({ unseen: false, attacks, ...(sale === undefined ? {} : { scenario: 'sale' }) })
    const run = await openBedRun(training, sale === undefined ? {} : saleOn(firstDay + days * DAY_MS))
    let trained = 0
    await run.play(training, () => trained++)
    const attackOf = new Map(
      readFileSync(day.labels, 'utf8')
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line) as { id: string; attack: string })
        .map(({ id, attack }) => [id, attack] as const),
    )
    let benign = 0
    const played = await run.play(day, ({ event }) => {
      if (!attackOf.has(event.id)) benign++
    })
    const truth = JSON.parse(readFileSync(day.truth, 'utf8')) as Truth
    return { seed, trained, benign, ...scoreBed(truth.attacks, played, attackOf) }
  } finally {
    for (const folder of made) rmSync(folder, { recursive: true, force: true })
  }
}

function saleOn(timeMs: number): Partial<DetectionSettings> {
  const sale = {
    name: 'sale',
    days: [new Date(timeMs).toISOString().slice(0, 10)],
    hours: null,
    factor: 3,
    calendar: true,
  }
  return { baselines: { ...usualDetection.baselines, scenarios: [sale] } }
}
