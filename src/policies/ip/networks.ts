/** The networks of a list whose entries are networks or texts of one network per line; `#` begins a comment. */
export function readNetworks(entries: readonly string[]): string[] {
  const networks: string[] = []
  eachNetwork(entries, network => void networks.push(network))
  return networks
}

/** Where the network at `index` of readNetworks was written: place of its entry from 0, and line from 1 (0 = the entry is one network). */
export function placeOfNetwork(
  entries: readonly string[],
  index: number,
): { readonly entry: number; readonly line: number } {
  let at = 0
  let place = { entry: 0, line: 0 }
  eachNetwork(entries, (_, entry, line) => {
    if (at++ === index) place = { entry, line }
  })
  return place
}

// Walks by index: a list of 50,000 lines is read while requests wait, and an object for each line would double the time.
function eachNetwork(entries: readonly string[], take: (network: string, entry: number, line: number) => void): void {
  for (let entry = 0; entry < entries.length; entry++) {
    const text = entries[entry] as string
    const single = !text.includes('\n')
    let line = 1
    let from = 0
    while (from <= text.length) {
      const newline = text.indexOf('\n', from)
      const end = newline === -1 ? text.length : newline
      const written = text.slice(from, end)
      const comment = written.indexOf('#')
      const network = (comment === -1 ? written : written.slice(0, comment)).trim()
      if (network !== '') take(network, entry, single ? 0 : line)
      line++
      from = end + 1
    }
  }
}
