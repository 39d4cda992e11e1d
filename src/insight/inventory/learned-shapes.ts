import { QuantileSketch, type QuantileDump } from '../../lib/quantile-sketch.ts'
import { SchemaModel } from '../observe/schema-model.ts'
import type { EventRecord } from '../model/event-record.ts'
import type { BodyShape, NamedValue, Observation, ScalarShape, Shape } from '../model/observation.ts'

const namesMax = { query: 64, header: 48, cookie: 32 } as const
const segmentsMax = 24
const requestTypesMax = 6
const responsesMax = 24

/** Room for places of schemas (fields, items, parameters) that all leaves share; one takes 1.4 to 3.3 kB. */
export interface ShapeRoom {
  placesLeft: number
}

/** A schema of more places learns nothing more once the room is used up; below it goes on into a reserve, so that small ones are not cut off first. */
const smallPlaces = 64
const reserve = 20_000

/** Parameters that have a name, by where they stand. */
export type Place = keyof typeof namesMax

/** Values of one name. */
export interface NamedModel {
  /** Calls that carried it / more than once. */
  seen: number
  repeated: number
  readonly model: SchemaModel
}

export interface BodyUse {
  seen: number
  /** Bodies whose shape was seen; the others were partial, or not what their media type said. */
  shaped: number
  readonly bytes: QuantileSketch
  readonly model: SchemaModel
}

/**
 * Shapes learnt on one leaf. Only calls that the service answered 2xx or 3xx teach what a request looks like, so that attacks which it turned
 * away teach nothing; every answer of the service teaches the responses of its status.
 */
export class LearnedShapes {
  /** Calls that taught requests. */
  taught = 0
  readonly named: Readonly<Record<Place, Map<string, NamedModel>>> = {
    query: new Map(),
    header: new Map(),
    cookie: new Map(),
  }
  /** By segment of the path. */
  readonly path: SegmentShapes[] = []
  /** By media type; '' when a body came without one. */
  readonly requests = new Map<string, BodyUse>()
  /** Calls that came with a body. */
  bodies = 0
  /** By `status mediaType`; `status -` without a body. */
  readonly responses = new Map<string, BodyUse>()
  /** Names, types and values that had no place any more. */
  dropped = 0
  readonly #room: ShapeRoom

  constructor(room: ShapeRoom) {
    this.#room = room
  }

  add(event: EventRecord, observation: Observation | null, answered: boolean): void {
    if (answered) {
      this.taught++
      if (observation !== null) this.#values('query', observation.query)
      else if (event.query.length > 0) this.#values('query', event.query.flatMap(fromEvent))
    }
    if (observation === null) return
    if (answered) {
      this.#values('header', observation.headers)
      this.#values('cookie', observation.cookies)
      const segments = Math.min(segmentsMax, observation.path.length)
      for (let i = 0; i < segments; i++) this.#segment(i, observation.path[i] as ScalarShape)
      if (observation.request !== null && observation.request.bytes > 0) {
        this.bodies++
        this.#body(this.requests, observation.request.mediaType, requestTypesMax, observation.request)
      }
    }
    const { response } = observation
    const type = response === null || response.bytes === 0 ? '-' : response.mediaType
    this.#body(this.responses, `${event.status} ${type}`, responsesMax, response)
  }

  merge(other: LearnedShapes): void {
    this.taught += other.taught
    this.bodies += other.bodies
    this.dropped += other.dropped
    for (const place of places)
      for (const [name, { seen, repeated, model }] of other.named[place]) {
        const known = this.#name(place, name)
        if (known === null) continue
        known.seen += seen
        known.repeated += repeated
        known.model.merge(model)
      }
    for (const [i, { first, seen, model }] of other.path.entries()) {
      // A word of the path, always the same: some times are enough to tell what it is.
      for (let n = 0; n < Math.min(seen, 8); n++) this.#segment(i, first)
      const mine = this.path[i] as SegmentShapes
      if (model !== null) (mine.model ??= modelOf(mine)).merge(model)
    }
    for (const [mine, theirs, max] of [
      [this.requests, other.requests, requestTypesMax],
      [this.responses, other.responses, responsesMax],
    ] as const)
      for (const [key, { seen, shaped, bytes, model }] of theirs) {
        const known = this.#use(mine, key, max)
        if (known === null) continue
        known.seen += seen
        known.shaped += shaped
        known.bytes.merge(bytes)
        known.model.merge(model)
      }
  }

  dump(): ShapesDump {
    return {
      taught: this.taught,
      bodies: this.bodies,
      dropped: this.dropped,
      named: places.map(place =>
        sorted(this.named[place]).map(
          ([name, { seen, repeated, model }]) => [name, seen, repeated, model.dump()] as const,
        ),
      ),
      path: this.path.map(({ first, seen, model }) => [first, seen, model?.dump() ?? null] as const),
      requests: dumpBodies(this.requests),
      responses: dumpBodies(this.responses),
    }
  }

  /** Throws on what this class did not write. */
  restore(dump: ShapesDump): void {
    const model = (written: unknown): SchemaModel => {
      const made = SchemaModel.restore(written)
      this.#room.placesLeft -= made.places
      return made
    }
    this.taught = dump.taught
    this.bodies = dump.bodies
    this.dropped = dump.dropped
    for (const [i, place] of places.entries())
      for (const [name, seen, repeated, written] of dump.named[i] ?? [])
        this.named[place].set(name, { seen, repeated, model: model(written) })
    for (const [first, seen, written] of dump.path)
      this.path.push({ first, seen, model: written === null ? null : model(written) })
    for (const [uses, dumps] of [
      [this.requests, dump.requests],
      [this.responses, dump.responses],
    ] as const)
      for (const [key, seen, shaped, bytes, written] of dumps)
        uses.set(key, { seen, shaped, bytes: QuantileSketch.restore(bytes), model: model(written) })
  }

  #values(place: Place, values: readonly NamedValue[]): void {
    for (let i = 0; i < values.length; i++) {
      const { name, shape } = values[i] as NamedValue
      const known = this.#name(place, name)
      if (known === null) continue
      this.#learn(known.model, shape)
      if (nextOf(name, values, 0) < i) continue
      known.seen++
      if (nextOf(name, values, i + 1) < values.length) known.repeated++
    }
  }

  #segment(i: number, shape: ScalarShape): void {
    const known = this.path[i]
    if (known === undefined) this.path[i] = { first: shape, seen: 1, model: null }
    else if (known.model === null && isSame(known.first, shape)) known.seen++
    else if (known.model !== null) this.#learn(known.model, shape)
    else if (this.#room.placesLeft > 0) {
      known.model = modelOf(known)
      this.#learn(known.model, shape)
    }
  }

  #learn(model: SchemaModel, shape: Shape): void {
    const { places } = model
    if (this.#room.placesLeft <= (places > smallPlaces ? 0 : -reserve)) {
      this.dropped++
      return
    }
    model.add(shape)
    this.#room.placesLeft -= model.places - places
  }

  #name(place: Place, name: string): NamedModel | null {
    const names = this.named[place]
    let known = names.get(name)
    if (known === undefined) {
      if (names.size >= namesMax[place] || name.length > 128 || this.#room.placesLeft <= 0) {
        this.dropped++
        return null
      }
      names.set(name, (known = { seen: 0, repeated: 0, model: new SchemaModel() }))
    }
    return known
  }

  #body(uses: Map<string, BodyUse>, key: string, max: number, body: BodyShape | null): void {
    const use = this.#use(uses, key, max)
    if (use === null) return
    use.seen++
    use.bytes.add(body?.bytes ?? 0)
    if (body === null || body.shape === null || body.partial) return
    use.shaped++
    this.#learn(use.model, body.shape)
  }

  #use(uses: Map<string, BodyUse>, key: string, max: number): BodyUse | null {
    let use = uses.get(key)
    if (use === undefined) {
      if (uses.size >= max || key.length > 128 || this.#room.placesLeft <= 0) {
        this.dropped++
        return null
      }
      uses.set(key, (use = { seen: 0, shaped: 0, bytes: new QuantileSketch(), model: new SchemaModel() }))
    }
    return use
  }
}

/** Values of one segment: while it is always the same word, no schema is kept. */
export interface SegmentShapes {
  readonly first: ScalarShape
  /** Calls that showed `first`, before there was another. */
  seen: number
  model: SchemaModel | null
}

/** What was seen of a segment as a schema. */
export function modelOf({ first, seen, model }: SegmentShapes): SchemaModel {
  if (model !== null) return model
  const made = new SchemaModel()
  for (let n = 0; n < Math.min(seen, 8); n++) made.add(first)
  return made
}

function isSame(a: ScalarShape, b: ScalarShape): boolean {
  return (
    a.kind === b.kind &&
    a.value === b.value &&
    a.hash === b.hash &&
    a.length === b.length &&
    a.format === b.format &&
    a.class === b.class
  )
}

const places = ['query', 'header', 'cookie'] as const

type BodyDump = readonly [key: string, seen: number, shaped: number, bytes: QuantileDump, model: unknown]

export interface ShapesDump {
  readonly taught: number
  readonly bodies: number
  readonly dropped: number
  readonly named: ReadonlyArray<ReadonlyArray<readonly [name: string, seen: number, repeated: number, model: unknown]>>
  readonly path: ReadonlyArray<readonly [first: ScalarShape, seen: number, model: unknown]>
  readonly requests: readonly BodyDump[]
  readonly responses: readonly BodyDump[]
}

function dumpBodies(uses: ReadonlyMap<string, BodyUse>): BodyDump[] {
  return sorted(uses).map(([key, { seen, shaped, bytes, model }]) => [key, seen, shaped, bytes.dump(), model.dump()])
}

function sorted<T>(map: ReadonlyMap<string, T>): Array<[string, T]> {
  return [...map].sort((a, b) => (a[0] < b[0] ? -1 : 1))
}

/** Where a name comes next, from `from` on; the length: nowhere. Most calls have few names. */
function nextOf(name: string, values: readonly NamedValue[], from: number): number {
  let i = from
  while (i < values.length && values[i]?.name !== name) i++
  return i
}

/** An access log tells names and types of a query, and no more. */
function fromEvent({ name, type }: { readonly name: string; readonly type: string }): NamedValue[] {
  const shape = shapes.get(type)
  return shape === undefined ? [] : [{ name, shape }]
}

const shapes: ReadonlyMap<string, ScalarShape> = new Map([
  ['empty', { kind: 'string', length: 0 }],
  ['boolean', { kind: 'boolean' }],
  ['integer', { kind: 'integer' }],
  ['number', { kind: 'number' }],
  ['uuid', { kind: 'string', format: 'uuid', length: 36 }],
  ['date', { kind: 'string', format: 'date', length: 10 }],
  ['time', { kind: 'string', format: 'date-time' }],
  ['email', { kind: 'string', format: 'email' }],
  ['url', { kind: 'string', format: 'uri' }],
  ['string', { kind: 'string' }],
])
