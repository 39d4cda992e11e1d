import { bundleSchemas, children, recursive, type Bundle, type Schema, type SchemaObject } from './bundle.ts'
import { fail, never, pass, type Check } from './check.ts'
import { keywords, type Dialect } from './dialects.ts'
import { arrayChecks } from './array-checks.ts'
import { combinedChecks, unevaluatedChecks } from './combined-checks.ts'
import { objectChecks } from './object-checks.ts'
import { pointerSegment, SchemaError, type SchemaIssue } from './schema-error.ts'
import { equalityChecks, numberChecks, stringChecks, typeBit, typeMask } from './value-checks.ts'

/** Compiles a regular expression of a schema to a test; throws an Error that says what is wrong with it. */
export type PatternCompiler = (source: string) => (text: string) => boolean

/** Format name → test; a name that is not in it is an error. */
export type Formats = ReadonlyMap<string, (text: string) => boolean>

export interface SchemaSettings {
  readonly pattern: PatternCompiler
  readonly formats: Formats
  /** `format` decides; else it is an annotation, but its name is still checked. */
  readonly assertFormats: boolean
}

/** What the keyword compilers need: sub-schemas compiled, errors placed. */
export interface SchemaCompiler extends SchemaSettings {
  readonly schema: SchemaObject
  readonly dialect: Dialect
  /** A schema for a part of the value (an item, a member). */
  child(schema: unknown): Check
  /** A schema for the same value. */
  inPlace(schema: unknown): Check
  issue(path: ReadonlyArray<string | number>, reason: string, hint?: string): void
}

interface Box {
  check: Check | null
  /** Boxes that judge the same value: a circle of them would never end. */
  readonly same: Box[]
  readonly schema: SchemaObject
}

/** The dynamic scope, as far as it matters: the outermost schema for each dynamic anchor. Interned, so it can be a key. */
interface Scope {
  readonly anchors: ReadonlyMap<string, SchemaObject>
  readonly next: Map<object, Scope>
  readonly boxes: Map<SchemaObject, Box>
}

// Dynamic scopes multiply schemas; the meta-schema of 2020-12 needs about 70.
const boxesMax = 20_000

/**
 * Schemas that were indexed → one closure. Throws a SchemaError with all issues. Dynamic references are resolved here, once
 * per dynamic scope, so that nothing is looked up while a body is judged.
 */
export function compileBundle(bundle: Bundle, settings: SchemaSettings): Check {
  const issues: SchemaIssue[] = [...bundle.issues]
  const all: Box[] = []
  const report = (schema: SchemaObject, path: ReadonlyArray<string | number>, reason: string, hint?: string): void => {
    const { document, pointer } = bundle.place(schema)
    const at = path.map(key => `/${pointerSegment(key)}`).join('')
    issues.push({ document, pointer: pointer + at, reason, ...(hint === undefined ? {} : { hint }) })
  }

  const boxOf = (schema: SchemaObject, outer: Scope): Box => {
    const scope = enter(outer, bundle.place(schema).resource)
    const known = scope.boxes.get(schema)
    if (known !== undefined) return known
    const box: Box = { check: null, same: [], schema }
    if (all.length >= boxesMax)
      throw new SchemaError([{ document: '', pointer: '', reason: 'the schema is too large' }])
    all.push(box)
    scope.boxes.set(schema, box)
    box.check = compileObject(schema, box, scope)
    return box
  }

  const compile = (schema: Schema, scope: Scope, from: Box | null): Check => {
    if (typeof schema === 'boolean') return schema ? pass : never
    const box = boxOf(schema, scope)
    from?.same.push(box)
    // While a recursive schema is compiled its closure is not there yet.
    return box.check ?? ((value, run, seen) => (box.check as Check)(value, run, seen))
  }

  const compileObject = (schema: SchemaObject, box: Box, scope: Scope): Check => {
    const { dialect } = bundle.place(schema).resource
    // Keywords of other dialects were reported when they were indexed; they must not be compiled by accident.
    const known = Object.entries(schema).filter(([key]) => keywords[dialect].has(key))
    const compiler: SchemaCompiler = {
      ...settings,
      schema: Object.fromEntries(known),
      dialect,
      child: inner => (isSchema(inner) ? compile(inner, scope, null) : never),
      inPlace: inner => (isSchema(inner) ? compile(inner, scope, box) : never),
      issue: (path, reason, hint) => report(schema, path, reason, hint),
    }
    for (const [key, kind] of keywords[dialect]) {
      // Schemas that no keyword reaches (definitions) are compiled too: an error in them is an error.
      if (kind === 'map' && (key === '$defs' || key === 'definitions') && key in schema)
        children(kind, schema[key], inner => void (isSchema(inner) && compile(inner, scope, null)))
    }
    const references = referenceChecks(compiler, schema, scope)
    // draft-07 §8.3: beside $ref nothing counts. What would count elsewhere was refused when it was indexed.
    if (dialect === 'draft-07' && '$ref' in schema) return assemble(compiler, references, true)
    return assemble(compiler, references, false)
  }

  const referenceChecks = (compiler: SchemaCompiler, schema: SchemaObject, scope: Scope): Check[] => {
    const checks: Check[] = []
    for (const key of ['$ref', '$dynamicRef', '$recursiveRef']) {
      const reference = compiler.schema[key]
      if (typeof reference !== 'string') continue
      const target = bundle.resolve(reference, schema)
      if (target === undefined) {
        compiler.issue(
          [key],
          `${reference} points at no schema`,
          'nothing is fetched: give other documents in the configuration',
        )
        continue
      }
      checks.push(compiler.inPlace(key === '$ref' ? target : dynamicTarget(key, reference, target, scope)))
    }
    return checks
  }

  /** 2020-12 §8.2.3.2, 2019-09 §8.2.4.2: only a target that is a dynamic anchor itself is looked up in the dynamic scope. */
  const dynamicTarget = (key: string, reference: string, target: Schema, scope: Scope): Schema => {
    if (typeof target === 'boolean') return target
    const hash = reference.indexOf('#')
    const name = key === '$recursiveRef' ? recursive : reference.slice(hash + 1)
    if (key === '$dynamicRef' && (hash < 0 || name === '')) return target
    return bundle.place(target).resource.dynamicAnchors.get(name) === target
      ? (scope.anchors.get(name) ?? target)
      : target
  }

  const check = compile(bundle.root, { anchors: new Map(), next: new Map(), boxes: new Map() }, null)
  findCircle(all, box =>
    report(box.schema, [], 'this schema refers to itself without going into the value: it would never end'),
  )
  if (issues.length > 0) throw new SchemaError(distinct(issues))
  return check
}

/** A schema of one document → a closure; for tests and small uses. Throws a SchemaError. */
export function compileSchema(schema: unknown, dialect: Dialect, settings: SchemaSettings): Check {
  return compileBundle(bundleSchemas({ schema, dialect }), settings)
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'boolean' || (value !== null && typeof value === 'object' && !Array.isArray(value))
}

/** Puts the checks of all keywords into one closure with one list per JSON type, cheap ones first. */
function assemble(compiler: SchemaCompiler, references: readonly Check[], alone: boolean): Check {
  const { schema } = compiler
  if (alone) return metered(allOf(references))
  const mask = typeMask(schema['type'], reason => compiler.issue(['type'], reason))
  const equality = equalityChecks(compiler)
  const combined = [...references, ...combinedChecks(compiler)]
  const unevaluated = unevaluatedChecks(compiler)
  const of = (own: Check[]): Check => unevaluated(allOf([...equality, ...own, ...combined]))
  const onString = of(stringChecks(compiler))
  const onNumber = of(numberChecks(compiler))
  const onObject = of(objectChecks(compiler))
  const onArray = of(arrayChecks(compiler))
  const onOther = of([])
  return (value, run, seen) => {
    if (--run.fuel < 0) return fail(run, 'effort')
    const bit = typeBit(value)
    if ((bit & mask) === 0) return fail(run, 'type')
    return (bit === 1 ? onString : bit <= 6 ? onNumber : bit === 64 ? onObject : bit === 32 ? onArray : onOther)(
      value,
      run,
      seen,
    )
  }
}

function metered(check: Check): Check {
  return (value, run, seen) => (--run.fuel < 0 ? fail(run, 'effort') : check(value, run, seen))
}

/** All of these, in order. Small lists are spelled out: a call less per value. */
function allOf(checks: readonly Check[]): Check {
  const list = checks.filter(check => check !== pass)
  const [a, b] = list
  if (a === undefined) return pass
  if (b === undefined) return a
  if (list.length === 2) return (value, run, seen) => a(value, run, seen) && b(value, run, seen)
  return (value, run, seen) => {
    for (const check of list) if (!check(value, run, seen)) return false
    return true
  }
}

function enter(scope: Scope, resource: { readonly dynamicAnchors: ReadonlyMap<string, SchemaObject> }): Scope {
  let missing = false
  for (const name of resource.dynamicAnchors.keys()) missing ||= !scope.anchors.has(name)
  if (!missing) return scope
  const known = scope.next.get(resource)
  if (known !== undefined) return known
  const next: Scope = {
    anchors: new Map([...resource.dynamicAnchors, ...scope.anchors]),
    next: new Map(),
    boxes: new Map(),
  }
  scope.next.set(resource, next)
  return next
}

function findCircle(boxes: readonly Box[], found: (box: Box) => void): void {
  const done = new Set<Box>()
  const open = new Set<Box>()
  const visit = (box: Box): void => {
    if (done.has(box)) return
    if (open.has(box)) {
      found(box)
      return
    }
    open.add(box)
    for (const next of box.same) visit(next)
    open.delete(box)
    done.add(box)
  }
  for (const box of boxes) visit(box)
}

function distinct(issues: readonly SchemaIssue[]): SchemaIssue[] {
  return [...new Map(issues.map(issue => [`${issue.document}#${issue.pointer} ${issue.reason}`, issue])).values()]
}
