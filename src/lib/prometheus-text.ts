export type MetricType = 'counter' | 'gauge' | 'histogram'

/** One metric family: its samples share a name, a help line and a type. */
export interface MetricFamily {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  readonly samples: readonly MetricSample[]
}

export interface MetricSample {
  /** Behind the family's name: `_bucket`, `_sum`, `_count`; '' otherwise. */
  readonly suffix?: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8'

/** Prometheus text exposition format 0.0.4. Families without samples are left out. */
export function prometheusText(families: Iterable<MetricFamily>): string {
  let out = ''
  for (const { name, type, help, samples } of families) {
    if (samples.length === 0) continue
    out += `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
    for (const { suffix, labels, value } of samples)
      out += `${name}${suffix ?? ''}${labelText(labels)} ${numberText(value)}\n`
  }
  return out
}

function labelText(labels: Readonly<Record<string, string>>): string {
  let out = ''
  for (const [name, value] of Object.entries(labels)) {
    const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    out += `${out === '' ? '' : ','}${name}="${escaped}"`
  }
  return out === '' ? '' : `{${out}}`
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return String(value)
}
