import * as z from 'zod'
import { bytes } from '../../core/values.ts'
import { flowTemplateHint } from '../hints.ts'
import { canonicalTemplate } from '../path-template.ts'
import { disableList, policyList } from './policy-entry.ts'
import { fieldName, hostPattern, method, name } from './words.ts'

const pathSchema = z.string().transform((written, context) => {
  const canonical = canonicalTemplate(written)
  if (typeof canonical === 'string') return canonical
  const hint = canonical.hint ?? flowTemplateHint(written) ?? undefined
  context.addIssue({ code: 'custom', message: canonical.reason, ...(hint === undefined ? {} : { params: { hint } }) })
  return z.NEVER
})

const matchSchema = z
  .strictObject({
    host: hostPattern()
      .optional()
      .describe('`api.example.com`, or `*.example.com` for exactly one label. Any host by default.'),
    hosts: z.array(hostPattern()).min(1).optional().describe('Several hosts.'),
    path: pathSchema.describe('`/orders`, `/orders/{id}` (or `:id`), `/orders/**` for everything at and below.'),
    methods: z
      .array(method())
      .min(1, 'needs at least one method; leave it out for any')
      .optional()
      .describe('Any method by default; GET serves HEAD too.'),
    headers: z
      .record(fieldName(), z.string())
      .optional()
      .describe('Header fields that must have exactly these values.'),
  })
  .check(context => {
    if (context.value.host === undefined || context.value.hosts === undefined) return
    context.issues.push({
      code: 'custom',
      input: context.value,
      path: ['hosts'],
      message: 'and host say the same thing: keep one of them',
    })
  })

/** One route: what it matches, what must hold, where it goes. */
export const routeSchema = z
  .strictObject({
    name: name().describe('Appears in events and metrics.'),
    match: matchSchema.describe(
      'The most specific matching route wins, whatever the order: exact host, then wildcard, then any; then path, segment by segment; then more header fields; then methods.',
    ),
    service: z.string().describe('Name of the service that answers.'),
    stripPrefix: z.boolean().default(false).describe('Forward without the literal beginning of the path.'),
    limits: z
      .strictObject({
        body: z
          .union([z.literal('unlimited'), bytes()], 'must be a size such as 10MiB, or unlimited')
          .default('unlimited')
          .describe('Of a streamed body.'),
        bufferedBody: bytes({ min: 1, max: 256 * 1024 * 1024 })
          .prefault('1MiB')
          .describe('Of a body that a policy reads whole.'),
      })
      .prefault({})
      .describe('Limits of bodies.'),
    learn: z
      .union([z.enum(['on', 'off']), z.boolean()], 'must be on or off')
      .default('on')
      .describe('Whether this route is learned from.'),
    trace: z
      .enum(['trusted', 'continued', 'restarted'])
      .default('trusted')
      .describe(
        'Of a trace that the caller began (W3C trace context): trusted goes on with its flags and tracestate, continued keeps only its ids, restarted begins a new one.',
      ),
    policies: policyList().describe('Policies of this route, after those of its service and the global ones.'),
    disable: disableList(),
    reason: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('Why it is there; `portcullis surface` names routes in use without one.'),
    owner: z.string().min(1).max(200).optional().describe('Person or team that answers for it.'),
  })
  .describe('What is matched, what must hold, where it goes.')

export type RouteInput = z.output<typeof routeSchema>
