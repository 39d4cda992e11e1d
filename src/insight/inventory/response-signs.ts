import type { Observation } from '../model/observation.ts'
import type { Operation } from '../model/operation.ts'
import { Tally, type TallyDump } from './tally.ts'

const fieldsMax = 24
const valuesMax = 12
const cookiesMax = 24

type CookieFlags = { readonly secure: boolean; readonly httpOnly: boolean; readonly sameSite: string | null }

/** What the responses of one leaf show beside their shapes: marks of trouble, fields that say something of posture, cookies set. */
export class ResponseSigns {
  readonly #marks = new Tally(32)
  readonly #fields = new Map<string, Tally>()
  readonly #cookies = new Map<string, CookieFlags>()

  add(observation: Observation): void {
    for (const mark of observation.response?.marks ?? []) this.#marks.add(mark)
    for (const [name, value] of Object.entries(observation.responseFields)) this.#field(name)?.add(value)
    for (const { name, secure, httpOnly, sameSite } of observation.setCookies)
      this.#cookie(name, { secure, httpOnly, sameSite })
  }

  merge(other: ResponseSigns): void {
    this.#marks.merge(other.#marks)
    for (const [name, values] of other.#fields) this.#field(name)?.merge(values)
    for (const [name, flags] of other.#cookies) this.#cookie(name, flags)
  }

  read(): Pick<Operation, 'marks' | 'responseFields' | 'cookiesSet'> {
    return {
      marks: this.#marks.toRecord(),
      responseFields: Object.fromEntries(
        [...this.#fields].sort(byName).map(([name, values]) => [name, values.toRecord()]),
      ),
      cookiesSet: Object.fromEntries([...this.#cookies].sort(byName)),
    }
  }

  dump(): ResponseSignsDump {
    return {
      marks: this.#marks.dump(),
      fields: [...this.#fields].sort(byName).map(([name, values]) => [name, values.dump()] as const),
      cookies: [...this.#cookies].sort(byName),
    }
  }

  restore(dump: ResponseSignsDump): void {
    this.#marks.restore(dump.marks)
    for (const [name, values] of dump.fields) this.#field(name)?.restore(values)
    for (const [name, flags] of dump.cookies) this.#cookie(name, flags)
  }

  #field(name: string): Tally | undefined {
    let values = this.#fields.get(name)
    if (values === undefined && this.#fields.size < fieldsMax) this.#fields.set(name, (values = new Tally(valuesMax)))
    return values
  }

  /** The weakest attributes count: one careless answer is enough for who waits for it. */
  #cookie(name: string, flags: CookieFlags): void {
    const key = name.slice(0, 100)
    const known = this.#cookies.get(key)
    if (known === undefined) {
      if (this.#cookies.size < cookiesMax) this.#cookies.set(key, flags)
      return
    }
    this.#cookies.set(key, {
      secure: known.secure && flags.secure,
      httpOnly: known.httpOnly && flags.httpOnly,
      sameSite: weakerSameSite(known.sameSite, flags.sameSite),
    })
  }
}

export interface ResponseSignsDump {
  readonly marks: TallyDump
  readonly fields: ReadonlyArray<readonly [name: string, values: TallyDump]>
  readonly cookies: ReadonlyArray<readonly [name: string, flags: CookieFlags]>
}

const strength = ['none', null, 'lax', 'strict']

function weakerSameSite(a: string | null, b: string | null): string | null {
  const rank = (value: string | null): number => strength.indexOf(value === null ? null : value.toLowerCase())
  return rank(a) <= rank(b) ? a : b
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1
}
