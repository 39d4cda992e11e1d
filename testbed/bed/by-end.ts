/** Holds lines of exchanges until `flush`, and passes them on in the order in which the exchanges ended: that is when a gateway writes them down. */
export function byEnd(add: (line: string) => void): { hold(line: string, endMs: number): void; flush(): void } {
  let held: Array<{ readonly line: string; readonly endMs: number }> = []
  return {
    hold: (line, endMs) => void held.push({ line, endMs }),
    flush() {
      for (const { line } of held.sort((a, b) => a.endMs - b.endMs)) add(line)
      held = []
    },
  }
}
