/** Per unit of total weight: small features that are rarely set must not run away. */
const ridge = 2e-4

/** Weights of a logistic regression by Newton's method with a ridge. Rows of equal length; the first feature is the constant and is not shrunk. */
export function fitLogistic(
  rows: readonly (readonly number[])[],
  labels: readonly boolean[],
  weights: readonly number[],
): number[] {
  const size = rows[0]?.length ?? 0
  const total = weights.reduce((sum, one) => sum + one, 0)
  const found = Array.from({ length: size }, () => 0)
  for (let round = 0; round < 12; round++) {
    const gradient = new Float64Array(size)
    const curvature = Array.from({ length: size }, () => new Float64Array(size))
    for (const [n, row] of rows.entries()) {
      let odds = 0
      for (let i = 0; i < size; i++) odds += (row[i] as number) * (found[i] as number)
      const chance = 1 / (1 + Math.exp(-odds))
      const weight = weights[n] as number
      const error = weight * (chance - (labels[n] === true ? 1 : 0))
      const bend = weight * chance * (1 - chance)
      for (let i = 0; i < size; i++) {
        const value = row[i] as number
        if (value === 0) continue
        gradient[i] = (gradient[i] as number) + error * value
        const line = curvature[i] as Float64Array
        for (let j = 0; j <= i; j++) line[j] = (line[j] as number) + bend * value * (row[j] as number)
      }
    }
    for (let i = 0; i < size; i++) {
      const shrink = i === 0 ? 0 : ridge * total
      gradient[i] = (gradient[i] as number) + shrink * (found[i] as number)
      const line = curvature[i] as Float64Array
      line[i] = (line[i] as number) + shrink + 1e-9 * total
    }
    const step = solve(curvature, gradient)
    let largest = 0
    for (let i = 0; i < size; i++) {
      found[i] = (found[i] as number) - (step[i] as number)
      largest = Math.max(largest, Math.abs(step[i] as number))
    }
    if (largest < 1e-3) break
  }
  return found
}

/** Solves with a symmetric positive matrix of which the lower half is given (Cholesky). */
function solve(lower: readonly Float64Array[], right: Float64Array): Float64Array {
  const size = right.length
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      const [row, other] = [lower[i] as Float64Array, lower[j] as Float64Array]
      let sum = row[j] as number
      for (let k = 0; k < j; k++) sum -= (row[k] as number) * (other[k] as number)
      row[j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / (other[j] as number)
    }
  const made = Float64Array.from(right)
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++)
      made[i] = (made[i] as number) - ((lower[i] as Float64Array)[k] as number) * (made[k] as number)
    made[i] = (made[i] as number) / ((lower[i] as Float64Array)[i] as number)
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++)
      made[i] = (made[i] as number) - ((lower[k] as Float64Array)[i] as number) * (made[k] as number)
    made[i] = (made[i] as number) / ((lower[i] as Float64Array)[i] as number)
  }
  return made
}
