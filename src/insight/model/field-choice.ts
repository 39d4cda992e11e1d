/** Where a field stands: an attribute of a span or of its resource, a header field of a response or of a request. */
export type FieldKind = 'span' | 'resource' | 'response' | 'request'

/** What an operator keeps and drops beyond what is usual (docs/formats.md, "What is kept"); names as `KIND:NAME`, those of header fields in lower case. */
export interface FieldChoice {
  readonly keep: ReadonlySet<string>
  readonly drop: ReadonlySet<string>
}

/** Nothing beyond what is usual. */
export const usualFields: FieldChoice = { keep: new Set(), drop: new Set() }

/** From the configuration (`insight.fields`). */
export function fieldChoice({
  keep,
  drop,
}: {
  readonly keep: readonly string[]
  readonly drop: readonly string[]
}): FieldChoice {
  return { keep: new Set(keep), drop: new Set(drop) }
}

/** The chosen names of a kind: the usual ones without those that are dropped, and those that are kept besides. */
export function chosenNames({ keep, drop }: FieldChoice, kind: FieldKind, usual: readonly string[]): string[] {
  return [...usual.filter(name => !drop.has(`${kind}:${name}`)), ...namesOf(keep, kind)]
}

/** Names of one kind in a choice. */
export function namesOf(names: ReadonlySet<string>, kind: FieldKind): string[] {
  const prefix = `${kind}:`
  return [...names].filter(name => name.startsWith(prefix)).map(name => name.slice(prefix.length))
}
