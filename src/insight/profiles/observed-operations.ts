import { OperationProfile } from './operation-profile.ts'

const operationsMax = 2000
const fieldsMax = 20_000

/** Profiles by operation for a detector, as rows; bounded in operations and fields. */
export class ObservedOperations {
  readonly #profiles = new Map<string, OperationProfile>()
  #changed: string[] = []
  #fields = 0

  get(operation: string): OperationProfile | undefined {
    return this.#profiles.get(operation)
  }

  /** To learn by: made while there is room. */
  toLearn(operation: string): OperationProfile | undefined {
    let profile = this.#profiles.get(operation)
    if (profile === undefined) {
      if (this.#profiles.size >= operationsMax) return undefined
      this.#profiles.set(operation, (profile = new OperationProfile()))
    }
    if (!profile.changed) this.#changed.push(operation)
    profile.changed = true
    return profile
  }

  /** Is there room for one field more? Counts it. */
  readonly room = (): boolean => {
    if (this.#fields >= fieldsMax) return false
    this.#fields++
    return true
  };

  *changes(): Iterable<readonly [key: string, value: string]> {
    const changed = this.#changed
    this.#changed = []
    for (const operation of changed) {
      const profile = this.#profiles.get(operation) as OperationProfile
      profile.changed = false
      yield [operation, JSON.stringify(profile.dump())]
    }
  }

  /** Rows that do not read are skipped. */
  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    for (const [operation, text] of rows) {
      if (this.#profiles.size >= operationsMax) return
      try {
        const profile = OperationProfile.restore(JSON.parse(text))
        this.#fields += profile.fields.size
        this.#profiles.set(operation, profile)
      } catch {
        // Learnt anew.
      }
    }
  }
}
