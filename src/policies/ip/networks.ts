/** One network of a list, with the place it came from. */
export interface ListedNetwork {
  readonly text: string
  /** Place of the entry in the list, from 0. */
  readonly entry: number
  /** Line within a text of several lines, from 1; 0 for an entry that is one network. */
  readonly line: number
}

/** The networks of a list whose entries are networks or texts of one network per line; `#` begins a comment. */
export function readNetworks(entries: readonly string[]): ListedNetwork[] {
  const networks: ListedNetwork[] = []
  for (const [entry, written] of entries.entries()) {
    const lines = written.split('\n')
    for (const [index, line] of lines.entries()) {
      const text = (line.includes('#') ? line.slice(0, line.indexOf('#')) : line).trim()
      if (text !== '') networks.push({ text, entry, line: lines.length === 1 ? 0 : index + 1 })
    }
  }
  return networks
}
