import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { IncidentReport } from '../src/response/incidents/report.ts'
import { incidentLines } from './incidents.ts'

/** A twentieth of the bed's visits: enough to learn from, and little enough for a laptop to make and read in a minute. */
const visits = '0.05'
const shownMax = 8

/**
 * Makes fourteen days of the bed and a day with attacks, has them replayed into a state of their own, and tells what was found on that last day. Runs beside
 * the traffic. null: it was ended before it was done.
 */
export async function tellPastDays(
  { root, folder, seed }: { readonly root: string; readonly folder: string; readonly seed: number },
  signal: AbortSignal,
): Promise<string | null> {
  const days = join(folder, 'days')
  const state = join(folder, 'days-state')
  mkdirSync(days, { recursive: true, mode: 0o700 })
  const run = (script: string, ...args: string[]): Promise<string | null> =>
    runQuietly([join(root, script), ...args], root, signal)
  const common = ['--seed', String(seed), '--days', '14', '--visits', visits]
  const learnt = join(days, 'learnt')
  const attacked = join(days, 'attacked')
  for (const args of [
    ['--out', learnt],
    ['--out', attacked, '--attacks', 'dev'],
  ])
    if ((await run('testbed/bed/generate.ts', ...common, ...args)) === null) return null
  // Spans beside exchanges: what a day says, in the order of the days.
  const files = [learnt, attacked].flatMap(one => [join(one, 'exchanges.ndjson'), join(one, 'spans.ndjson')])
  const replayed = await run('src/cli/main.ts', 'replay', '--state', state, '--json', ...files)
  if (replayed === null) return null
  const { incidents, counts } = JSON.parse(replayed) as {
    readonly incidents: readonly IncidentReport[]
    readonly counts: { readonly events: number }
  }
  return words(incidents, counts.events, '.demo/days-state')
}

/** One of each kind, the gravest first. */
function words(incidents: readonly IncidentReport[], events: number, state: string): string {
  const severities = ['critical', 'high', 'medium', 'low', 'info']
  const ranked = incidents.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
  const kinds = new Map<string, IncidentReport>()
  for (const incident of ranked) {
    const kind = incident.classes[0] ?? ''
    if (!kinds.has(kind)) kinds.set(kind, incident)
  }
  return [
    `Fourteen generated days and one with attacks, ${events.toLocaleString('en-US')} calls replayed: ${incidents.length} incidents, one of each kind:`,
    ...[...kinds.values()].slice(0, shownMax).flatMap(incident => ['', ...incidentLines(incident)]),
    '',
    'All of them, and everything about one:',
    '',
    `./portcullis incidents --state ${state}`,
    `./portcullis incidents show ${[...kinds.values()][0]?.number ?? 1} --state ${state}`,
    '',
  ].join('\n')
}

/** What a script prints; null when `signal` aborts. Rejects when it fails. */
function runQuietly(args: readonly string[], cwd: string, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-sigusr1', '--no-warnings', ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const end = (): void => void child.kill('SIGKILL')
    signal.addEventListener('abort', end, { once: true })
    const parts: Buffer[] = []
    let complaint = ''
    child.stdout.on('data', (chunk: Buffer) => parts.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => (complaint = `${complaint}${chunk.toString()}`.slice(-2000)))
    child.once('error', reject)
    child.once('close', code => {
      signal.removeEventListener('abort', end)
      if (signal.aborted) resolve(null)
      else if (code === 0) resolve(Buffer.concat(parts).toString('utf8'))
      else reject(new Error(`${args[0]} ended with ${code}: ${complaint}`))
    })
  })
}
