import { isLoopback } from '../../../config/address.ts'
import { provenCalls, reasonsForProof } from '../access.ts'
import type { Endpoint } from '../estate.ts'
import { identifyLevels, letsStrangersIn } from '../guards.ts'
import type { ProbeScene } from './probe.ts'

/** Asks for every known operation without a credential; gives the subjects of those that were answered. */
export async function probeAuthentication(scene: ProbeScene): Promise<ReadonlySet<string>> {
  const { point, values } = scene
  const [first = null] = scene.identities
  const answered = new Set<string>()
  const around: string[] = []
  let asked = 0
  let refused = 0
  let unfilled = 0
  for (const endpoint of scene.endpoints) {
    const reading = endpoint.method === 'GET'
    if (!reading && !scene.write) continue
    const { host, template } = point.placeOf(endpoint)
    const [path] = values.fill(template, 1)
    if (path === undefined) {
      unfilled++
      continue
    }
    const where = { method: endpoint.method, host, path }
    // The ids that a list shows fill the templates that come after it.
    if (reading && first !== null && isCollection(endpoint, scene.endpoints)) {
      const list = await scene.ask(where, first)
      if (scene.isAnswer(list)) values.learn(template, list.body)
    }
    const answer = await scene.ask(where, null)
    if (answer.kind === 'unasked') break
    asked++
    if (answer.kind === 'answer' && (answer.status === 401 || answer.status === 403)) refused++
    if (!scene.isAnswer(answer)) continue
    answered.add(endpoint.subject)
    if (reading) values.learn(template, answer.body)
    const demanding = endpoint.routes.filter(view => !letsStrangersIn(view))
    if (point.service !== null && scene.bypass && demanding.length > 0 && demanding.length === endpoint.routes.length) {
      around.push(
        `${endpoint.method} ${endpoint.template} was answered ${answer.status} without a credential; route ${demanding[0]?.route.name} asks for ${proofWords(demanding)}`,
      )
      continue
    }
    const reasons = reasonsOf(endpoint)
    if (reasons.length === 0) continue
    scene.find('missing-authentication', {
      severity: reading ? 'high' : 'critical',
      message: `${endpoint.subject} is answered without a credential.`,
      evidence: [`answered ${answer.status} without a credential`, ...reasons],
      confidence: 0.95,
      endpoint,
    })
  }
  if (unfilled > 0)
    scene.note(
      `${unfilled} operations were not asked: no value of a path variable is known (--value NAME=VALUE, or an identity whose lists show them)`,
    )
  if (asked > 0)
    scene.note(`${asked} operations asked without a credential: ${refused} refused, ${answered.size} answered`)
  if (scene.bypass && point.service !== null) tellBypass(scene, { around, asked, refused })
  return answered
}

function tellBypass(
  scene: ProbeScene,
  { around, asked, refused }: { around: readonly string[]; asked: number; refused: number },
): void {
  const { point } = scene
  const loopback = isLoopback(point.address) ? ['its address is one of this machine alone'] : []
  scene.find('bypass', {
    severity: around.length > 0 ? 'critical' : 'medium',
    message: `${point.subject} can be reached around the gateway.`,
    evidence: [
      ...(around.length > 0
        ? around
        : [
            `it answers here; ${refused} of ${asked} operations asked without a credential were refused by the service itself`,
          ]),
      ...loopback,
    ],
    confidence: around.length > 0 ? 0.95 : 0.7,
    endpoint: null,
  })
}

/** Why it should not be answered: what the gateway asks, what a document says, what callers do, what is in it. */
function reasonsOf(endpoint: Endpoint): string[] {
  const { routes, declared, operation, purpose } = endpoint
  const demanding = routes.filter(view => !letsStrangersIn(view))
  const proven = operation === null ? 0 : provenCalls(operation)
  return [
    ...(demanding.length > 0 && demanding.length === routes.length
      ? [`route ${demanding[0]?.route.name} asks for ${proofWords(demanding)}`]
      : []),
    ...(declared !== null && demandsProof(declared.operation.security) ? ['its document asks for a credential'] : []),
    ...(proven > 0 && !purpose.open ? [`${proven} calls proved who they were`] : []),
    ...reasonsForProof(endpoint),
  ]
}

/** An empty alternative lets everybody in (OpenAPI `security: [{}]`). */
function demandsProof(security: ReadonlyArray<Readonly<Record<string, unknown>>>): boolean {
  return security.length > 0 && security.every(alternative => Object.keys(alternative).length > 0)
}

function proofWords(views: Endpoint['routes']): string {
  const uses = views.flatMap(view => identifyLevels(view).flat()).map(({ use }) => use)
  return [...new Set(uses)].filter(use => use !== 'anonymous').join(' or ')
}

/** Does another operation name a member of it? */
export function isCollection({ service, template }: Endpoint, all: readonly Endpoint[]): boolean {
  return all.some(other => other.service === service && other.template.startsWith(`${template}/{`))
}
