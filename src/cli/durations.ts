/** A duration as people read it: `0.42 ms`, `115 ms`, `1.6 s`, `12 min`. Takes ms. */
export function durationWords(ms: number): string {
  if (ms >= 600_000) return `${Math.round(ms / 60_000)} min`
  if (ms >= 10_000) return `${Math.round(ms / 1000)} s`
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`
  if (ms >= 100) return `${Math.round(ms)} ms`
  return ms >= 10 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(2)} ms`
}
