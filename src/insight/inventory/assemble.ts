import type { DataClass } from '../model/data-class.ts'
import type { ClassSeen, Drift, LifeState, Operation, Owner, Standing } from '../model/operation.ts'
import type { SchemaOptions } from '../observe/schema-output.ts'
import type { TemplateVariable } from '../templates/path-template.ts'
import type { Announcements } from './announced-life.ts'
import { type CallerNames, joinCallers } from './callers.ts'
import { type Declaration, type Declarations, shapeOf } from './declarations.ts'
import { driftOf } from './drift.ts'
import { LearnedShapes } from './learned-shapes.ts'
import { LeafUse } from './leaf-use.ts'
import { lifeOf } from './lifecycle.ts'
import type { OperatorWords } from './edits.ts'
import type { DeclaredOperation } from './openapi/document.ts'
import { parametersOf, requestsOf, responsesOf } from './parameters.ts'
import { withOperator } from './owners/placement.ts'
import type { Reach } from './reachable.ts'
import type { EntryGroup, ServiceUse } from './service-use.ts'

/** All that speaks about the operations of one service. */
export interface ServiceView {
  readonly name: string
  /** null: never called. */
  readonly service: ServiceUse | null
  /** null: no document describes it. */
  readonly declarations: Declarations | null
  /** null: no configuration is known. */
  readonly reach: Reach | null
  /** null: no configuration is known. */
  readonly announcements: Announcements | null
  readonly names: CallerNames
  readonly owner: Owner | null
  readonly operator: OperatorWords
  readonly schemas: SchemaOptions
  /** Unix time, ms: latest event. */
  readonly nowMs: number
}

/** The operations of one service: those that were called, and those that are declared but were not. */
export function assemble(view: ServiceView): Operation[] {
  const met = new Set<Declaration>()
  const called = byDeclaration(view).map(({ group, declaration }) => {
    if (declaration !== null) met.add(declaration)
    return calledOperation(view, group, declaration)
  })
  const uncalled = (view.declarations?.all() ?? [])
    .filter(declaration => !met.has(declaration))
    .map(declaration => uncalledOperation(view, declaration))
  return [...called, ...uncalled].sort((a, b) => compare(a.template, b.template) || compare(a.method, b.method))
}

interface DeclaredGroup {
  readonly group: EntryGroup
  readonly declaration: Declaration | null
}

/** Groups with their declarations; several groups that one declaration describes are one operation, with its template. */
function byDeclaration({ service, declarations }: ServiceView): DeclaredGroup[] {
  const out: DeclaredGroup[] = []
  const joined = new Map<Declaration, EntryGroup[]>()
  for (const group of service?.groups() ?? []) {
    const declaration = declarations?.find(group.method, group.template.template) ?? null
    if (declaration === null || shapeOf(declaration.template) === shapeOf(group.template.template)) {
      out.push({ group, declaration })
      continue
    }
    const groups = joined.get(declaration)
    if (groups === undefined) joined.set(declaration, [group])
    else groups.push(group)
  }
  for (const [declaration, groups] of joined) {
    const variables = [...declaration.template.matchAll(/\{([^{}/]+)\}/g)].map(([, name = ''], i) => ({
      name,
      segment: declaration.template
        .slice(1)
        .split('/')
        .findIndex(segment => segment.includes(`{${name}}`)),
      type: 'string',
      distinct: groups[0]?.template.variables[i]?.distinct ?? 0,
    }))
    const template = {
      template: declaration.template,
      origin: 'openapi' as const,
      confidence: 1,
      evidence: ['declared by an OpenAPI document'],
      variables,
    }
    const entries = groups.flatMap(group => group.entries).sort((a, b) => a.leaf - b.leaf)
    out.push({ group: { method: declaration.operation.method, template, entries }, declaration })
  }
  return out
}

const toldEvidence = 'named by the service in its spans (http.route)'

function calledOperation(view: ServiceView, group: EntryGroup, declaration: Declaration | null): Operation {
  const { method, template, entries } = group
  const use = new LeafUse({ names: view.names, entriesLeft: 0 })
  const shapes = new LearnedShapes({ placesLeft: Number.POSITIVE_INFINITY })
  for (const entry of entries) {
    use.merge(entry.use)
    if (entry.shapes !== null) shapes.merge(entry.shapes)
  }
  const { callers, others, distinct } = joinCallers(
    entries.map(entry => entry.use.callers),
    view.names,
  )
  const classes = classesOf(use, template.variables)
  const signs = use.signs.read()
  const declared = declaration?.operation ?? null
  const common = commonOf(view, {
    method,
    template: template.template,
    used: use.answered > 0,
    declaration,
    fields: signs.responseFields,
    hosts: use.hosts.names(),
  })
  const seen = {
    parameters: parametersOf(shapes, template.variables, classes, view.schemas).map(parameter => ({
      ...parameter,
      declared:
        declared === null
          ? null
          : declared.parameters.some(known => known.in === parameter.in && known.name === parameter.name),
    })),
    requests: requestsOf(shapes, view.schemas),
    responses: responsesOf(shapes, view.schemas),
    authentication: use.authentication.read(),
    traffic: use.traffic(),
  }
  const drift: Drift[] = declaration === null ? [] : driftOf(seen, declaration.operation, declaration.document)
  return {
    ...common,
    ...seen,
    hosts: use.hosts.names(),
    origin: template.origin,
    confidence: template.confidence,
    evidence: view.service?.isTold(template.template) === true ? [toldEvidence] : template.evidence,
    drift,
    classes,
    callers,
    otherCallers: others,
    distinctCallers: distinct,
    firstSeen: new Date(use.firstMs).toISOString(),
    lastSeen: new Date(use.lastMs).toISOString(),
    routes: [...new Set([...use.routes.names(), ...common.routes])],
    routesTaken: use.routes.names(),
    listeners: use.listeners.names(),
    ...signs,
    plaintextCalls: use.plaintext,
  }
}

function uncalledOperation(view: ServiceView, declaration: Declaration): Operation {
  const { operation, template } = declaration
  return {
    ...commonOf(view, { method: operation.method, template, used: false, declaration, fields: {}, hosts: [] }),
    hosts: operation.hosts,
    origin: 'openapi',
    confidence: 1,
    evidence: [`${declaration.document.source} ${operation.pointer}`],
    drift: [],
    parameters: operation.parameters.map(parameter => ({
      in: parameter.in,
      name: parameter.name,
      schema: parameter.schema,
      required: parameter.required,
      confidence: 1,
      seen: 0,
      classes: [],
      declared: true,
    })),
    requests: [],
    responses: [],
    authentication: { methods: {}, anonymousAnswered: 0, verdict: 'none', confidence: 0, credentials: [] },
    classes: [],
    callers: [],
    otherCallers: { calls: 0, refused: 0 },
    distinctCallers: 0,
    traffic: new LeafUse({ names: view.names, entriesLeft: 0 }).traffic(),
    firstSeen: '',
    lastSeen: '',
    routesTaken: [],
    listeners: [],
    marks: {},
    responseFields: {},
    cookiesSet: {},
    plaintextCalls: 0,
  }
}

/** What does not depend on whether it was called. */
function commonOf(
  view: ServiceView,
  known: {
    readonly method: string
    readonly template: string
    readonly used: boolean
    readonly declaration: Declaration | null
    readonly fields: Operation['responseFields']
    readonly hosts: readonly string[]
  },
) {
  const { method, template, used, declaration, fields } = known
  const id = `${view.name} ${method} ${template}`
  const declared = declaration?.operation ?? null
  const routes = view.reach?.routesOf(view.name, method, template) ?? null
  const life = lifeOf({
    operator: view.operator.states.get(id) ?? null,
    announced: view.announcements?.of(view.name, { method, template, hosts: known.hosts }) ?? null,
    declared,
    deprecation: Object.keys(fields['deprecation'] ?? {}),
    sunset: Object.keys(fields['sunset'] ?? {}),
    nowMs: view.nowMs,
  })
  const owned = view.operator.owners.get(id) ?? null
  return {
    id,
    service: view.name,
    method,
    template,
    declared: view.declarations === null ? null : declared !== null,
    reachable: routes === null ? null : routes.length > 0,
    used,
    ...life,
    standing: standingOf(view.declarations, { method, template, used, declared, state: life.state }),
    pinned: view.operator.pinned.has(`${view.name} ${template}`),
    ignored: view.operator.ignored.has(id),
    owner: owned === null ? view.owner : withOperator(view.owner, owned),
    routes: routes ?? [],
  }
}

/** shadow, zombie, orphan; without a document only a state of life can make a zombie. */
function standingOf(
  declarations: Declarations | null,
  known: {
    readonly method: string
    readonly template: string
    readonly used: boolean
    readonly declared: DeclaredOperation | null
    readonly state: LifeState
  },
): Standing[] {
  const { used, declared, state } = known
  if (!used) return declared !== null && state !== 'design' && state !== 'retired' ? ['orphan'] : []
  if (state === 'deprecated' || state === 'retired') return ['zombie']
  if (declarations === null || declared !== null) return []
  return hasSuccessor(declarations, known.method, known.template) ? ['zombie'] : ['shadow']
}

/** `/v1/orders` is an old version when only `/v2/orders` is declared. */
function hasSuccessor(declarations: Declarations, method: string, template: string): boolean {
  const version = /\/v(\d{1,4})(?=\/|$)/i.exec(template)
  if (version === null) return false
  const place = (text: string): string => shapeOf(text).replace(/\/v\d{1,4}(?=\/|$)/i, '/v')
  const wanted = place(template)
  return declarations.all().some(candidate => {
    const newer = /\/v(\d{1,4})(?=\/|$)/i.exec(candidate.template)
    return (
      newer !== null &&
      Number(newer[1]) > Number(version[1]) &&
      candidate.operation.method === method &&
      place(candidate.template) === wanted
    )
  })
}

/** `path.2` becomes `path.orderId`. Segments that are no variable keep their number: a class there is a sign of a wrong template. */
function classesOf(use: LeafUse, variables: readonly TemplateVariable[]): ClassSeen[] {
  return use.classes.entries().map(([key, seen]) => {
    const space = key.indexOf(' ')
    const where = key.slice(space + 1)
    const segment = /^path\.(\d+)$/.exec(where)?.[1]
    const variable = segment === undefined ? undefined : variables.find(known => known.segment === Number(segment))
    return {
      class: key.slice(0, space) as DataClass,
      where: variable === undefined ? where : `path.${variable.name}`,
      seen,
    }
  })
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
