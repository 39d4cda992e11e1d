/** Something that happens at a moment of virtual time. */
export interface Step {
  readonly timeMs: number
  readonly run: () => Promise<void>
}

/** One after the other in the order of time; equal times keep the order in which they were made. */
export async function runSteps(steps: Step[]): Promise<void> {
  for (const { run } of steps.sort((a, b) => a.timeMs - b.timeMs)) await run()
}
