import type { OperationScore, Part } from '../score.ts'

/** `security 60 − 20 no-rate-limit − 3 any-method = 37; data validation 40 = 40; together 77`. */
export function arithmetic({ score, security, data }: OperationScore): string {
  return `security ${words(security)}; data validation ${words(data)}; together ${score}`
}

function words({ max, score, losses }: Part): string {
  const sum = losses.reduce((total, loss) => total + loss.points, 0)
  const floor = sum > max ? ', not below 0' : ''
  return `${[`${max}`, ...losses.map(loss => `− ${loss.points} ${loss.rule}`)].join(' ')} = ${score}${floor}`
}
