import { wilsonLower } from '../../lib/wilson.ts'
import type { DataClass } from '../model/data-class.ts'
import type { BodyModel, ClassSeen, JsonSchema, Parameter, ResponseModel } from '../model/operation.ts'
import type { SchemaOptions } from '../observe/schema-output.ts'
import type { TemplateVariable } from '../templates/path-template.ts'
import { type BodyUse, type LearnedShapes, modelOf, type NamedModel, type Place } from './learned-shapes.ts'

/** A parameter that came with every call is required once there were so many calls. */
const requiredFrom = 8

/** Parameters of an operation, from what its calls carried: path first, then by place and name. */
export function parametersOf(
  shapes: LearnedShapes,
  variables: readonly TemplateVariable[],
  classes: readonly ClassSeen[],
  options: SchemaOptions,
): Parameter[] {
  const text: SchemaOptions = { ...options, parameter: true }
  const classesAt = (where: string): DataClass[] =>
    classes
      .filter(seen => seen.where === where)
      .map(seen => seen.class)
      .sort()
  const ofPath = variables.map(({ name, segment, type }): Parameter => {
    const model = shapes.path[segment]
    return {
      in: 'path',
      name,
      schema: model === undefined ? typeSchema(type) : modelOf(model).toJsonSchema(text),
      required: true,
      confidence: wilsonLower(shapes.taught, shapes.taught),
      seen: shapes.taught,
      classes: classesAt(`path.${name}`),
      declared: null,
    }
  })
  const named = (Object.entries(shapes.named) as Array<[Place, Map<string, NamedModel>]>).flatMap(([place, names]) =>
    [...names].map(([name, use]): Parameter => {
      const required = use.seen >= shapes.taught && shapes.taught >= requiredFrom
      const schema = use.model.toJsonSchema(text)
      return {
        in: place,
        name,
        schema: use.repeated === 0 ? schema : { type: 'array', items: schema },
        required,
        confidence: wilsonLower(use.seen, use.seen),
        seen: use.seen,
        classes: classesAt(`${place}.${name}`),
        declared: null,
      }
    }),
  )
  const order = ['path', 'query', 'header', 'cookie']
  named.sort((a, b) => order.indexOf(a.in) - order.indexOf(b.in) || (a.name < b.name ? -1 : 1))
  return [...ofPath, ...named]
}

export function requestsOf(shapes: LearnedShapes, options: SchemaOptions): BodyModel[] {
  return [...shapes.requests]
    .map(([mediaType, use]) => bodyModel(mediaType, use, options))
    .sort((a, b) => b.seen - a.seen || (a.mediaType < b.mediaType ? -1 : 1))
}

export function responsesOf(shapes: LearnedShapes, options: SchemaOptions): ResponseModel[] {
  return [...shapes.responses]
    .map(([key, use]) => {
      const space = key.indexOf(' ')
      const mediaType = key.slice(space + 1)
      return {
        ...bodyModel(mediaType === '-' ? '' : mediaType, use, options),
        status: Number(key.slice(0, space)),
      }
    })
    .sort((a, b) => a.status - b.status || (a.mediaType < b.mediaType ? -1 : 1))
}

function bodyModel(mediaType: string, use: BodyUse, options: SchemaOptions) {
  return {
    mediaType,
    schema: use.shaped === 0 ? null : use.model.toJsonSchema(options),
    confidence: wilsonLower(use.shaped, Math.max(use.seen, use.shaped)),
    seen: use.seen,
    bytes: { p50: Math.round(use.bytes.quantile(0.5)), max: use.bytes.max },
  }
}

/** Of a variable whose values were only seen as part of a path (access logs). */
function typeSchema(type: string): JsonSchema {
  switch (type) {
    case 'integer':
    case 'number':
      return { type }
    case 'uuid':
    case 'date':
    case 'date-time':
    case 'email':
      return { type: 'string', format: type }
    default:
      return { type: 'string' }
  }
}
