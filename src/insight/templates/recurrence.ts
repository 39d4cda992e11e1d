/** How the texts of one place come together again at others. */
export interface Recurring {
  /** Other places that hold the text and a sibling of it. */
  readonly places: number
  /** Texts that one such place has in common with this one, itself included; 0: none. */
  readonly most: number
  /** The same as a share of all texts of both (Jaccard index). */
  readonly likeness: number
}

/**
 * Which texts stand together at which places. A parameter has its values wherever it is used (`/users/{name}`, `/orgs/{org}/members/{name}`), so the
 * same few texts together behind several parents are mostly values of one, unless they are words that APIs use everywhere.
 */
export interface Recurrence {
  /** For each of the texts of the place `own` (left out itself), in their order. */
  of(own: object | null, texts: readonly string[]): readonly Recurring[]
}

/** Bounds: a text is followed to so many places, and a place is compared by so many of its texts. */
const placesMax = 48
const textsMax = 400

/** O(texts of all places). */
export function recurrenceOf(places: Iterable<readonly [place: object, texts: Iterable<string>]>): Recurrence {
  const ids = new Map<object, number>()
  const sizes: number[] = []
  const holders = new Map<string, number[]>()
  for (const [place, texts] of places) {
    const id = sizes.length
    let size = 0
    for (const text of texts) {
      size++
      if (size > textsMax) continue
      const held = holders.get(text)
      if (held === undefined) holders.set(text, [id])
      else if (held.length < placesMax) held.push(id)
    }
    if (size === 0) continue
    ids.set(place, id)
    sizes.push(size)
  }
  return {
    of(own, texts) {
      const self = own === null ? -1 : (ids.get(own) ?? -1)
      const common = new Map<number, number>()
      const near = texts.slice(0, textsMax)
      for (const text of near)
        for (const id of holders.get(text) ?? []) if (id !== self) common.set(id, (common.get(id) ?? 0) + 1)
      return texts.map((text, i) => {
        let [count, most, likeness] = [0, 0, 0]
        if (i < textsMax)
          for (const id of holders.get(text) ?? []) {
            const shared = common.get(id) ?? 0
            if (shared < 2) continue
            count++
            most = Math.max(most, shared)
            likeness = Math.max(likeness, shared / (texts.length + (sizes[id] as number) - shared))
          }
        return { places: count, most, likeness }
      })
    },
  }
}
