import type { Endpoint } from '../estate.ts'
import { idsOf } from './path-values.ts'
import type { ProbeScene } from './probe.ts'

/** Objects of the first caller that are tried as the second, per operation. */
const objectsMax = 2

/**
 * Asks for objects that only the first caller's lists show, as the second (OWASP API1:2023). `strangers`: operations that anybody is answered; those
 * are open, not badly guarded. Nothing is said where both callers list an object: it may be meant for both.
 */
export async function probeObjects(scene: ProbeScene, strangers: ReadonlySet<string>): Promise<void> {
  const [first, second] = scene.identities
  if (first === undefined || second === undefined) return
  const members = scene.endpoints.filter(
    ({ method, subject, template }) => method === 'GET' && template.includes('{') && !strangers.has(subject),
  )
  const lists = new Map<string, { readonly mine: readonly string[]; readonly compared: boolean }>()
  let tried = 0
  for (const endpoint of members) {
    const { host, template } = scene.point.placeOf(endpoint)
    const at = template.lastIndexOf('/{')
    const collection = template.slice(0, at)
    const rest = template.slice(at + 1).replace(/^\{[^{}]*\}/, '')
    if (rest.startsWith('{') || (rest !== '' && !rest.startsWith('/'))) continue
    const own = await ownPaths(scene, { endpoint, collection, rest, host, lists })
    let given = 0
    let mine = 0
    for (const path of own.paths.slice(0, objectsMax)) {
      const where = { method: 'GET', host, path }
      const ours = await scene.ask(where, first)
      if (!scene.isAnswer(ours)) continue
      mine++
      const theirs = await scene.ask(where, second)
      if (theirs.kind === 'unasked') return
      if (scene.isAnswer(theirs) && sameObject(ours.body, theirs.body)) given++
    }
    tried += mine
    if (given === 0) continue
    scene.find('object-access', {
      severity: 'high',
      message: `${endpoint.subject} gives objects of one caller to another.`,
      evidence: [
        `${given} of ${mine} objects that are ${first.name}'s were given to ${second.name}`,
        own.compared
          ? `no list of ${second.name} shows them`
          : 'as values that the operator named, or no list of the other could be compared',
      ],
      confidence: own.compared ? 0.95 : 0.75,
      endpoint,
    })
  }
  scene.note(
    tried === 0
      ? `no object of ${first.name} was found that ${second.name} does not list: access to objects could not be tried`
      : `${tried} objects of ${first.name} asked for as ${second.name}`,
  )
}

interface Member {
  readonly endpoint: Endpoint
  readonly collection: string
  /** Behind the variable. */
  readonly rest: string
  readonly host: string
  readonly lists: Map<string, { readonly mine: readonly string[]; readonly compared: boolean }>
}

/** Paths of objects that are the first caller's alone; else what the operator named. */
async function ownPaths(
  scene: ProbeScene,
  member: Member,
): Promise<{ readonly paths: readonly string[]; readonly compared: boolean }> {
  const { collection, rest, host, lists, endpoint } = member
  const [first, second] = scene.identities
  const list = scene.endpoints.find(
    other =>
      other.service === endpoint.service &&
      other.method === 'GET' &&
      scene.point.placeOf(other).template === collection,
  )
  const [path] = list === undefined ? [] : scene.values.fill(collection, 1)
  if (path === undefined)
    return { paths: scene.values.fill(scene.point.placeOf(endpoint).template, objectsMax), compared: false }
  let known = lists.get(collection)
  if (known === undefined) {
    const [ours, theirs] = [
      await scene.ask({ method: 'GET', host, path }, first ?? null),
      await scene.ask({ method: 'GET', host, path }, second ?? null),
    ]
    const shared = scene.isAnswer(theirs) ? idsOf(collection, theirs.body) : null
    const mine = scene.isAnswer(ours) ? [...idsOf(collection, ours.body)].filter(id => shared?.has(id) !== true) : []
    known = { mine: mine.filter(id => /^[\w.~-]{1,100}$/.test(id) && !/^\.+$/.test(id)), compared: shared !== null }
    lists.set(collection, known)
  }
  return { paths: known.mine.map(id => `${path}/${id}${rest}`), compared: known.compared }
}

/** The same bytes; or JSON that differs in times and the like, but names the same object. */
function sameObject(ours: Buffer, theirs: Buffer): boolean {
  if (ours.equals(theirs)) return ours.length > 0
  const [a, b] = [idIn(ours), idIn(theirs)]
  return a !== null && a === b
}

function idIn(body: Buffer): string | null {
  try {
    const parsed = JSON.parse(body.toString('utf8')) as Record<string, unknown> | null
    const id = parsed?.['id'] ?? parsed?.['_id'] ?? parsed?.['uuid']
    return typeof id === 'string' || typeof id === 'number' ? String(id) : null
  } catch {
    return null
  }
}
