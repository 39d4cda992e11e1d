// Hot path: once per event.
import type { Moment } from '../../detection/moment.ts'
import { ChangedRows } from '../../traces/changed-rows.ts'
import type { DetectorHost } from '../detector.ts'

const operationsMax = 4096
const namesMax = 128
const asked = 8
const none: readonly string[] = []

interface KnownNames {
  calls: number
  firstMs: number
  readonly names: Set<string>
  /** It waits to be written. */
  changed: boolean
}

/** Which query parameters each operation is called with. A name is known once several callers have used it over some time. */
export function createKnownNames(host: DetectorHost): {
  /** Names in the call that nobody uses there; empty while the operation is new. */
  unknown(moment: Moment): readonly string[]
  changes(): Iterable<readonly [key: string, value: string | null]>
  restore(rows: Iterable<readonly [key: string, value: string]>): void
} {
  const operations = new Map<string, KnownNames>()
  const rows = new ChangedRows()

  return {
    unknown({ operation, record, actor, timeMs, learnable }) {
      if (operation === null) return none
      const { query } = record.event
      const sent = record.observation?.query ?? query
      let known = operations.get(operation)
      if (known === undefined) {
        if (!learnable || operations.size >= operationsMax) return none
        operations.set(operation, (known = { calls: 0, firstMs: timeMs, names: new Set(), changed: false }))
      }
      if (learnable) {
        known.calls++
        // Else a restart would begin anew to count what it takes to be warm.
        if (!known.changed) rows.changed(operation)
        known.changed = true
      }
      if (sent.length === 0) return none
      const warm = host.isWarm(known.calls, known.firstMs)
      let unknown: string[] | null = null
      for (let i = 0; i < sent.length && i < asked; i++) {
        const { name } = sent[i] as { readonly name: string }
        if (known.names.has(name)) continue
        const standing = learnable
          ? host.quarantine.see(`api-probing ${operation} ${name}`, actor.name, timeMs)
          : 'waiting'
        if ((standing === 'known' || !warm) && learnable && known.names.size < namesMax) {
          known.names.add(name)
        } else (unknown ??= []).push(name)
      }
      return unknown ?? none
    },
    changes: () =>
      rows.take(operation => {
        const known = operations.get(operation)
        if (known === undefined) return null
        known.changed = false
        return JSON.stringify({ calls: known.calls, first: known.firstMs, names: [...known.names] })
      }),
    restore(stored) {
      for (const [operation, text] of stored) {
        const { calls, first, names } = JSON.parse(text) as { calls: number; first: number; names: string[] }
        operations.set(operation, { calls, firstMs: first, names: new Set(names), changed: false })
        rows.stored(operation)
      }
    },
  }
}
