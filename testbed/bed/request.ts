import type { BedRequest, Operation } from './operation.ts'
import type { Making } from './shape.ts'

/** A call as an honest caller makes it: optional parameters in their share of the calls. */
export function requestFor(
  operation: Operation,
  params: Readonly<Record<string, string>>,
  making: Making,
  headers: Readonly<Record<string, string>> = {},
): BedRequest {
  return {
    method: operation.method,
    template: operation.template,
    params,
    query: { ...texts(operation.query, making), ...texts(operation.hiddenQuery, making) },
    headers: { ...texts(operation.headers, making), ...texts(operation.hiddenHeaders, making), ...headers },
    body: operation.body?.make(making),
  }
}

function texts(shapes: Operation['query'], making: Making): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, shape] of Object.entries(shapes ?? {})) {
    if ('share' in shape && !making.random.chance(shape.share as number)) continue
    out[name] = String(shape.make(making))
  }
  return out
}
