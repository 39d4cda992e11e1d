/** Confidence in what n calls showed and none contradicted: Laplace's rule of succession, (n + 1) / (n + 2), to two digits. */
export function sureness(calls: number): number {
  return Math.round(((calls + 1) / (calls + 2)) * 100) / 100
}
