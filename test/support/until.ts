/**
 * Asks again and again until the answer is not null, undefined or false, and gives it. Rejects with `what` at the time limit.
 * For conditions of other processes, of which no event tells.
 */
export async function until<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T> | T,
  everyMs = 20,
): Promise<Exclude<T, null | undefined | false>> {
  const end = performance.now() + withinMs
  for (;;) {
    const got = await ask()
    if (got !== null && got !== undefined && got !== false) return got as Exclude<T, null | undefined | false>
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
}
