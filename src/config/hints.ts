/** The word of `known` that was probably meant, or null. */
export function didYouMean(written: string, known: Iterable<string>): string | null {
  let best: string | null = null
  let bestDistance = Math.min(3, Math.ceil(written.length / 3)) + 1
  const lowered = written.toLowerCase().slice(0, 64)
  for (const word of known) {
    const distance = editDistance(lowered, word.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = word
      bestDistance = distance
    }
  }
  return best
}

/** `did you mean x? known: a, b, c`; null when nothing is known. */
export function alternatives(written: string, known: readonly string[], word: string): string | null {
  if (known.length === 0) return null
  const meant = didYouMean(written, known)
  const list = `${word}: ${[...known].sort().slice(0, 40).join(', ')}${known.length > 40 ? ', …' : ''}`
  return meant === null ? list : `did you mean ${meant}? ${list}`
}

/** `{ path: /x/{id} }` is not YAML: inside braces the template's brace ends the word. The hint, or null when the line has no such thing. */
export function flowTemplateHint(line: string): string | null {
  return /\/\{\w+\}/.test(line)
    ? 'inside { … } and [ … ] YAML reads the braces of {id} itself: write :id (/x/:id), or put quotes around the path'
    : null
}

/** Optimal string alignment distance, cut off at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, (above[j - 1] as number) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] as number) + 1)
      row.push(cost)
    }
    before = above
    above = row
  }
  return Math.min(limit, above[b.length] as number)
}
