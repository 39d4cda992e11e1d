// Hot path: once per answer.
import type { Baseline } from '../../baselines/baseline.ts'
import { Spread } from '../../profiles/spread.ts'
import { type Part, partKinds } from './answer-parts.ts'
import type { NewKind } from './birth-rates.ts'

interface Member {
  readonly parent: string
  /** Answers with it, and those in which it was an object. */
  times: number
  objects: number
  kinds: number
  /** Answers lack it that have room for it. */
  optional: boolean
}

/** Something that no answer showed before, and that is not yet normal. */
export interface Fresh {
  readonly key: string
  readonly name: string
  readonly kind: NewKind
  /** Kinds that the member never had. */
  readonly kinds: number
  /** Answers with room for it, before it came and since. */
  before: number
  since: number
  /** Answers with it since. */
  shown: number
  /** Its weight as evidence: each caller counts once, and each further answer to the same one half. */
  weight: number
  /** Who was shown it, the first few. */
  readonly callers: string[]
  lastMs: number
}

const membersMax = 256
const freshMax = 64
const callersMax = 8
/** After so few answers with room for something, what is new in them is learnt. */
const few = 10
/** What was not shown for a day starts anew, ms. */
const pauseMs = 86_400_000
/** Builds of answers that are remembered to hold nothing new. */
const usualMax = 8
const signsOf = 'signs of '

/** Words of a mark in an answer, as a member of it. */
export function signName(mark: string): string {
  return `${signsOf}${mark.replaceAll('-', ' ')}`
}

export interface AnswerSeen {
  readonly parts: ReadonlyMap<string, Part>
  /** Nothing was cut off, so what is not there is missing. */
  readonly whole: boolean
  /** Marks of the answer, as names. */
  readonly signs: readonly string[]
}

/** What an operation answers: members, their kinds, whether they are always there, signs, size; and what is new in it. */
export class OperationAnswers {
  /** Answers with members, and all that were learnt. */
  answers = 0
  reached = 0
  /** Members, and new things, for which there was no room. */
  lost = 0
  size = new Spread()
  /** Of its sizes; null: nobody asked for it yet. */
  sizes: Baseline | null = null
  /** It waits to be written. */
  changed = false
  readonly #members = new Map<string, Member>()
  readonly #fresh = new Map<string, Fresh>()
  /** Answers of a build in which nothing is new or lacks, with their members: nothing need be looked up for them. */
  readonly #usual = new Map<ReadonlyMap<string, Part>, readonly Member[]>()
  readonly #isSecret: (name: string) => boolean

  constructor(isSecret: (name: string) => boolean) {
    this.#isSecret = isSecret
  }

  /** Nothing is new in the answer, and nothing else is that could be: most answers. */
  isUsual({ parts, signs }: AnswerSeen): boolean {
    return signs.length === 0 && this.#fresh.size === 0 && this.#usual.has(parts)
  }

  /** What the answer shows for the first time, or had shown before and is not yet normal; without what `isNormal` says is. */
  look(
    { parts, whole, signs }: AnswerSeen,
    isNormal: (key: string) => boolean,
  ): Array<Omit<Fresh, 'callers' | 'lastMs'>> {
    const found: Array<Omit<Fresh, 'callers' | 'lastMs'>> = []
    if (signs.length === 0 && this.#usual.has(parts)) return found
    const add = (key: string, name: string, kind: NewKind, kinds: number, before: number): void => {
      if (before >= few && !isNormal(key)) found.push({ key, name, kind, kinds, before, since: 0, shown: 0, weight: 0 })
    }
    for (const name of signs) if (!this.#members.has(name)) add(name, name, 'secret', 0, this.reached)
    for (const [name, { parent, kinds }] of parts) {
      const known = this.#members.get(name)
      if (known === undefined) {
        // Entries of a list that was empty until now are no member.
        if (name === '' || name.endsWith('[]')) continue
        const isSecret = this.#isSecret(name)
        // What has no room is not counted: among many names that were not kept none is new.
        if (!isSecret && this.#members.size >= membersMax) continue
        add(name, name, isSecret ? 'secret' : 'member', 0, isSecret ? this.answers : this.#roomOf(parent))
      } else {
        const others = kinds & ~known.kinds & ~partKinds.null
        if (others !== 0 && (known.kinds & ~partKinds.null) !== 0)
          add(`${name}: ${others}`, name, 'kind', others, known.times)
      }
    }
    if (whole)
      for (const [name, member] of this.#members)
        if (!member.optional && isMissing(name, member, parts)) add(`${name} missing`, name, 'lack', 0, member.times)
    if (found.length === 0) this.#remember(parts)
    return found
  }

  /** Notes what is new in an answer, and its absence in one that has room for it. Gives all that is new in it as it stands now, and which came for the first time. */
  note(
    found: ReadonlyArray<Omit<Fresh, 'callers' | 'lastMs'>>,
    { parts, whole }: AnswerSeen,
    { caller, timeMs }: { readonly caller: string; readonly timeMs: number },
  ): { readonly fresh: readonly Fresh[]; readonly born: readonly NewKind[] } {
    const fresh: Fresh[] = []
    const born: NewKind[] = []
    for (const one of found) {
      let known = this.#fresh.get(one.key)
      if (known === undefined) {
        if (this.#fresh.size >= freshMax) {
          const [oldest] = this.#fresh.keys()
          this.#fresh.delete(oldest as string)
          this.lost++
        }
        this.#fresh.set(one.key, (known = { ...one, callers: [], lastMs: timeMs }))
        born.push(one.kind)
      } else if (timeMs - known.lastMs > pauseMs) {
        known.before += known.since
        known.since = known.shown = known.weight = 0
        known.callers.length = 0
      }
      const isNew = !known.callers.includes(caller) && known.callers.length < callersMax
      if (isNew) known.callers.push(caller)
      known.weight += isNew ? 1 : 0.5
      known.shown++
      known.since++
      known.lastMs = timeMs
      fresh.push(known)
    }
    if (this.#fresh.size > fresh.length)
      for (const one of this.#fresh.values()) if (!fresh.includes(one) && this.#hasRoom(one, parts, whole)) one.since++
    return { fresh, born }
  }

  /** Takes an answer as normal, but for what of it is new and not `admitted`. */
  learn({ parts, whole, signs }: AnswerSeen, isAdmitted: (key: string) => boolean): void {
    this.reached++
    for (const name of signs) this.#takeMember(name, { parent: '', kinds: 0 }, this.reached - 1, isAdmitted)
    if (parts.size === 0) return
    this.answers++
    const usual = this.#usual.get(parts)
    if (usual !== undefined) {
      let i = 0
      for (const part of parts.values()) take(usual[i++] as Member, part)
      return
    }
    // Before any of it is counted: what it lacks, it lacks of what was there.
    if (whole)
      for (const [name, member] of this.#members)
        if (
          !member.optional &&
          isMissing(name, member, parts) &&
          (member.times < few || isAdmitted(`${name} missing`))
        ) {
          member.optional = true
          this.#fresh.delete(`${name} missing`)
        }
    const rooms = new Map<string, number>()
    for (const [name, part] of parts) {
      // Its parent comes before it, and has been counted.
      let room = rooms.get(part.parent)
      if (room === undefined) rooms.set(part.parent, (room = Math.max(0, this.#roomOf(part.parent) - 1)))
      this.#takeMember(name, part, room, isAdmitted)
    }
  }

  /** Kinds that a member has had, as bits. */
  kindsOf(name: string): number {
    return this.#members.get(name)?.kinds ?? 0
  }

  dump(): unknown[] {
    return [
      this.answers,
      this.reached,
      this.lost,
      this.size.dump(),
      Array.from(this.#members, ([name, { parent, times, objects, kinds, optional }]) => [
        name,
        parent,
        times,
        objects,
        kinds,
        optional ? 1 : 0,
      ]),
      Array.from(this.#fresh.values(), one => ({ ...one })),
    ]
  }

  /** Throws a RangeError on what is no dump. */
  static restore(dump: unknown, isSecret: (name: string) => boolean): OperationAnswers {
    const damaged = new RangeError('not the dump of the answers of an operation')
    if (!Array.isArray(dump) || dump.length !== 6) throw damaged
    const [answers, reached, lost, size, members, fresh] = dump as unknown[]
    if (
      ![answers, reached, lost].every(one => Number.isSafeInteger(one)) ||
      !Array.isArray(members) ||
      !Array.isArray(fresh)
    )
      throw damaged
    const known = new OperationAnswers(isSecret)
    known.answers = answers as number
    known.reached = reached as number
    known.lost = lost as number
    known.size = Spread.restore(size)
    for (const row of members.slice(0, membersMax) as unknown[]) {
      const [name, parent, times, objects, kinds, optional] = Array.isArray(row) ? (row as unknown[]) : []
      if (
        typeof name !== 'string' ||
        typeof parent !== 'string' ||
        ![times, objects, kinds].every(one => Number.isSafeInteger(one))
      )
        throw damaged
      known.#members.set(name, {
        parent,
        times: times as number,
        objects: objects as number,
        kinds: kinds as number,
        optional: optional === 1,
      })
    }
    for (const one of fresh.slice(0, freshMax) as Fresh[]) {
      if (
        typeof one?.key !== 'string' ||
        ![one.before, one.since, one.shown, one.weight, one.lastMs].every(Number.isFinite) ||
        !Array.isArray(one.callers)
      )
        throw damaged
      known.#fresh.set(one.key, { ...one, callers: one.callers.map(String) })
    }
    return known
  }

  #takeMember(
    name: string,
    { parent, kinds }: Pick<Part, 'parent' | 'kinds'>,
    room: number,
    isAdmitted: (key: string) => boolean,
  ): void {
    let member = this.#members.get(name)
    if (member === undefined) {
      const isFree = room < few || name === '' || name.endsWith('[]')
      // Of what is not known yet nothing is a known member.
      if (parent !== '' && !this.#members.has(parent)) return
      if (!isFree && !isAdmitted(name)) return
      if (this.#members.size >= membersMax) {
        this.lost++
        return
      }
      member = { parent, times: 0, objects: 0, kinds: 0, optional: room > 0 }
      this.#members.set(name, member)
      this.#usual.clear()
      this.#fresh.delete(name)
    }
    const others = kinds & ~member.kinds
    if (others !== 0) {
      const strange = others & ~partKinds.null
      const key = `${name}: ${strange}`
      if (strange === 0 || (member.kinds & ~partKinds.null) === 0 || member.times < few || isAdmitted(key)) {
        member.kinds |= kinds
        this.#usual.clear()
        this.#fresh.delete(key)
      }
    }
    take(member, { kinds })
  }

  /** Nothing was found in an answer of this build: nor will be, as long as all its members are known as they are and it lacks none. */
  #remember(parts: ReadonlyMap<string, Part>): void {
    const members: Member[] = []
    for (const [name, { kinds }] of parts) {
      const member = this.#members.get(name)
      if (member === undefined || (kinds & ~member.kinds) !== 0) return
      members.push(member)
    }
    for (const [name, member] of this.#members) if (!member.optional && isMissing(name, member, parts)) return
    if (this.#usual.size >= usualMax) this.#usual.clear()
    this.#usual.set(parts, members)
  }

  /** Answers with an object of this name. */
  #roomOf(parent: string): number {
    return this.#members.get(parent)?.objects ?? 0
  }

  #hasRoom({ name, kind }: Fresh, parts: ReadonlyMap<string, Part>, whole: boolean): boolean {
    if (name.startsWith(signsOf)) return true
    if (kind === 'kind') return parts.has(name)
    const dot = name.lastIndexOf('.')
    const parent = this.#members.get(name)?.parent ?? name.slice(0, Math.max(0, dot))
    return whole && ((parts.get(parent)?.kinds ?? 0) & partKinds.object) !== 0
  }
}

/** One more answer with it. */
function take(member: Member, { kinds }: Pick<Part, 'kinds'>): void {
  member.times++
  if ((kinds & partKinds.object) !== 0) member.objects++
}

function isMissing(name: string, { parent, kinds }: Member, parts: ReadonlyMap<string, Part>): boolean {
  if (kinds === 0 || name === '' || name.endsWith('[]') || parts.has(name)) return false
  return ((parts.get(parent)?.kinds ?? 0) & partKinds.object) !== 0
}
