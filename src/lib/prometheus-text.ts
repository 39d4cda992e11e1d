export type MetricType = 'counter' | 'gauge' | 'histogram'

export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8'

/** The two comment lines in front of a family's samples (Prometheus text exposition format 0.0.4). */
export function familyHead(name: string, type: MetricType, help: string): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
}

/** One sample. `name` with its suffix (`_bucket`, `_sum`, `_count`), `labels` as labelText gives them. */
export function sampleLine(name: string, labels: string, value: number): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${numberText(value)}\n`
}

/** `name="value",…`, escaped; without braces, so that a part can be used again. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  let out = ''
  for (const [name, value] of Object.entries(labels)) out += `${out === '' ? '' : ','}${name}="${escaped(value)}"`
  return out
}

function escaped(value: string): string {
  if (!/[\\"\n]/.test(value)) return value
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return String(value)
}
