import type { Endpoint } from '../estate.ts'
import type { ProbeScene } from './probe.ts'

const dangerous: ReadonlySet<string> = new Set([
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'MKCOL',
  'MOVE',
  'COPY',
])
/** A method that no specification has. */
const madeUp = 'PORTCULLIS'

/** Asks each path which methods it takes (`OPTIONS`); with `write`, `TRACE` and a method that does not exist. */
export async function probeMethods(scene: ProbeScene): Promise<void> {
  const byTemplate = Map.groupBy(scene.endpoints, ({ service, template }) => `${service} ${template}`)
  let silent = 0
  for (const group of byTemplate.values()) {
    const endpoint = group[0] as Endpoint
    const { host, template } = scene.point.placeOf(endpoint)
    const [path] = scene.values.fill(template, 1)
    if (path === undefined) continue
    const answer = await scene.ask({ method: 'OPTIONS', host, path }, null)
    if (answer.kind === 'unasked') return
    const named = answer.kind === 'answer' ? methodsIn(answer.headers['allow']) : []
    if (named.length === 0) silent++
    const known = new Set(group.map(({ method }) => method))
    const unknown = named.filter(method => dangerous.has(method) && !known.has(method))
    if (unknown.length > 0)
      scene.find('dangerous-method', {
        severity: 'low',
        message: `${endpoint.service} ${endpoint.template} offers methods that nobody knows of.`,
        evidence: [`Allow names ${unknown.join(', ')}; known are ${[...known].join(', ')}`],
        confidence: 0.8,
        endpoint,
      })
    if (scene.write && !(await tryMethods(scene, { endpoint, host, path }))) return
  }
  if (silent > 0) scene.note(`${silent} paths do not say which methods they take`)
}

/** False: nothing may be asked any more. */
async function tryMethods(
  scene: ProbeScene,
  { endpoint, host, path }: { readonly endpoint: Endpoint; readonly host: string; readonly path: string },
): Promise<boolean> {
  const trace = await scene.ask({ method: 'TRACE', host, path }, null)
  const strange = await scene.ask({ method: madeUp, host, path }, null)
  const echoes = scene.isAnswer(trace) && trace.body.includes(`TRACE ${path}`)
  if (echoes)
    scene.find('dangerous-method', {
      severity: 'medium',
      message: `${endpoint.service} ${endpoint.template} sends requests back to whoever asks (TRACE).`,
      evidence: ['TRACE was answered with the request in it'],
      confidence: 0.95,
      endpoint,
    })
  if (scene.isAnswer(strange) && strange.body.length > 0)
    scene.find('dangerous-method', {
      severity: 'low',
      message: `${endpoint.service} ${endpoint.template} answers any method.`,
      evidence: [`${madeUp}, which is no method, was answered ${strange.status}`],
      confidence: 0.9,
      endpoint,
    })
  return trace.kind !== 'unasked' && strange.kind !== 'unasked'
}

function methodsIn(allow: string | readonly string[] | undefined): string[] {
  return String(allow ?? '')
    .slice(0, 1000)
    .split(',')
    .map(word => word.trim().toUpperCase())
    .filter(word => /^[A-Z]{1,20}$/.test(word))
}
