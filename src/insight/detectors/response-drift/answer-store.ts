import { ChangedRows } from '../../traces/changed-rows.ts'
import { BirthRates } from './birth-rates.ts'
import { OperationAnswers } from './operation-answers.ts'

const operationsMax = 2000
const ratesRow = ''

/** What operations answer, by their names, as rows; bounded. */
export class AnswerStore {
  readonly rates = new BirthRates()
  readonly #isSecret: (name: string) => boolean
  readonly #operations = new Map<string, OperationAnswers>()
  readonly #rows = new ChangedRows()
  #ratesChanged = false
  #lost = 0

  constructor(isSecret: (name: string) => boolean) {
    this.#isSecret = isSecret
  }

  /** Operations, members and new things for which there was no room. */
  get lost(): number {
    let lost = this.#lost
    for (const operation of this.#operations.values()) lost += operation.lost
    return lost
  }

  get(operation: string): OperationAnswers | undefined {
    return this.#operations.get(operation)
  }

  /** Made while there is room. */
  toLearn(operation: string): OperationAnswers | undefined {
    const known = this.#operations.get(operation)
    if (known !== undefined) return known
    if (this.#operations.size >= operationsMax) {
      this.#lost++
      return undefined
    }
    const made = new OperationAnswers(this.#isSecret)
    this.#operations.set(operation, made)
    return made
  }

  changed(operation: string, answers: OperationAnswers): void {
    if (!answers.changed) {
      answers.changed = true
      this.#rows.changed(operation)
    }
    if (this.#ratesChanged) return
    this.#ratesChanged = true
    this.#rows.changed(ratesRow)
  }

  changes(): Iterable<readonly [key: string, value: string | null]> {
    return this.#rows.take(operation => {
      if (operation === ratesRow) {
        this.#ratesChanged = false
        return JSON.stringify(this.rates.dump())
      }
      const answers = this.#operations.get(operation) as OperationAnswers
      answers.changed = false
      return JSON.stringify(answers.dump())
    })
  }

  /** Rows that do not read are skipped: what they hold is learnt anew. */
  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    for (const [operation, text] of rows) {
      this.#rows.stored(operation)
      try {
        const dump = JSON.parse(text) as unknown
        if (operation === ratesRow) this.rates.restore(dump)
        else if (this.#operations.size < operationsMax)
          this.#operations.set(operation, OperationAnswers.restore(dump, this.#isSecret))
      } catch {
        this.#lost++
      }
    }
  }
}
