import type { PolicyEntry } from '../config/types.ts'
import type { Compiled, Policy } from '../core/policy.ts'

/** The compiled forms of one configuration: as few as can be, since each of a thousand routes costs a worker time and memory at a reload. */
export class Forms {
  /** By the entry, or by its settings where the policy shares its form: equal settings are one object. */
  readonly #byPolicy = new Map<Policy, Map<unknown, Compiled>>()

  /** The form of an entry; `compile` is called when there is none yet, however many routes inherit the entry. */
  of(policy: Policy, entry: PolicyEntry, compile: () => Compiled): Compiled {
    let forms = this.#byPolicy.get(policy)
    if (forms === undefined) this.#byPolicy.set(policy, (forms = new Map()))
    const key = policy.sharesForm === true ? entry.with : entry
    let form = forms.get(key)
    if (form === undefined) forms.set(key, (form = compile()))
    return form
  }

  /** Closes each form once. */
  close(): void {
    for (const forms of this.#byPolicy.values()) for (const form of forms.values()) form.close?.()
    this.#byPolicy.clear()
  }
}
