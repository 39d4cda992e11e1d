/** A named time in which other things are normal: a sale, a night, a release, a batch. */
export interface Scenario {
  readonly name: string
  /** Days of the calendar, `2026-11-27` (UTC); or days of the week. Empty: every day. */
  readonly days: readonly string[]
  /** `22:00-06:00`, UTC, may go over midnight; null: the whole day. */
  readonly hours: string | null
  /** What is elastic may be this much larger, until the scenario has learnt for itself. */
  readonly factor: number
  /** What puts it in force by itself; `operator`: nothing does. An operator can begin any. */
  readonly begin: 'calendar' | 'label' | 'operator'
}

/** One that a person or a pipeline began. */
export interface Begun {
  readonly name: string
  readonly untilMs: number
  /** `release 2.4`, a ticket: why. */
  readonly label: string
  readonly author: string
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/**
 * The scenario in force; the first that fits, what was begun by hand before what labels name (`labelled`) before what the calendar says. null: an
 * ordinary time.
 */
export function scenarioAt(
  timeMs: number,
  scenarios: readonly Scenario[],
  begun: readonly Begun[],
  labelled: ReadonlySet<string>,
): Scenario | null {
  for (const one of begun) {
    const scenario = scenarios.find(({ name }) => name === one.name)
    if (scenario !== undefined && timeMs < one.untilMs) return scenario
  }
  return (
    scenarios.find(({ begin, name }) => begin === 'label' && labelled.has(name)) ??
    scenarios.find(scenario => scenario.begin === 'calendar' && fits(scenario, timeMs)) ??
    null
  )
}

function fits({ days, hours }: Scenario, timeMs: number): boolean {
  const time = new Date(timeMs)
  // What begins before midnight belongs to the day on which it began.
  const [from = 0, to = 1440] = hours === null ? [] : hours.split('-').map(minuteOf)
  const minute = time.getUTCHours() * 60 + time.getUTCMinutes()
  const within = from <= to ? minute >= from && minute < to : minute >= from || minute < to
  if (!within) return false
  const day = new Date(from > to && minute < to ? timeMs - 86_400_000 : timeMs)
  return (
    days.length === 0 ||
    days.includes(day.toISOString().slice(0, 10)) ||
    days.includes(weekdays[day.getUTCDay()] as string)
  )
}

function minuteOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))
}
