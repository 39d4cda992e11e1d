import * as z from 'zod'
import { bytes, cidr, duration } from '../../core/values.ts'
import { isLoopback } from '../address.ts'
import { insightSchema } from './insight.ts'
import { listenerSchema } from './listener.ts'
import { policyList } from './policy-entry.ts'
import { routeSchema } from './route.ts'
import { serviceSchema, storeSchema } from './service.ts'
import { tlsSchema } from './tls.ts'
import { address, count, fieldName, name } from './words.ts'

const controlSchema = z
  .strictObject({
    address: address().prefault('127.0.0.1:9901').describe('Where the control API listens.'),
    hosts: z
      .array(
        z
          .string()
          .regex(/^(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/, 'must be a host, with or without port'),
      )
      .default([])
      .describe('Further Host values that are accepted; the address itself always is (against DNS rebinding).'),
    health: address().optional().describe('A listener of its own for /health/live and /health/ready.'),
    tls: tlsSchema.optional(),
    allow: z.array(cidr()).default([]).describe('Networks that may connect when the address is beyond loopback.'),
  })
  .check(context => {
    const control = context.value
    if (isLoopback(control.address)) return
    const refuse = (message: string): void => {
      context.issues.push({
        code: 'custom',
        input: control,
        path: ['address'],
        message: `is reachable beyond this machine, so it ${message}`,
      })
    }
    if (control.tls?.clientAuth !== 'required') refuse('needs tls with clientAuth: required')
    if (control.allow.length === 0) refuse('needs allow: the networks that may connect')
  })
  .describe('The control API and console: status, metrics, reload. Token in STATEDIR/control-token.')

const sinkEntrySchema = z
  .looseObject({ sink: z.string().describe('Name of the sink.') })
  .describe('Where events go; the other keys are settings of the sink.')

/** The whole configuration as it is written. Settings of policies and sinks are checked by their own schemas. */
export const configurationSchema = z
  .strictObject({
    version: z.literal(1, 'must be 1').describe('Version of this syntax: 1.'),
    workers: z
      .union([z.literal('auto'), count(1, 256)], 'must be auto or a number between 1 and 256')
      .default('auto')
      .describe('Data-plane workers; `auto` is one per processor.'),
    stateDir: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Folder for what must survive a restart; made when absent. Relative to the folder of this file; from `env:`, to the one that the gateway was started in.',
      ),
    control: controlSchema.optional(),
    trustedProxies: z.array(cidr()).default([]).describe('Networks of proxies whose X-Forwarded-For is believed.'),
    reserved: z.array(fieldName()).default([]).describe('Further header names that no client may send.'),
    limits: z
      .strictObject({
        buffered: bytes({ min: 1024 * 1024 })
          .prefault('128MiB')
          .describe('All buffered bytes of one worker; above it new work gets 503 or waits.'),
        drain: duration({ maxMs: 9_000 }).prefault('8s').describe('How long open exchanges may go on after SIGTERM.'),
      })
      .prefault({})
      .describe('Limits of the whole process.'),
    listeners: z
      .array(listenerSchema)
      .min(1, 'needs at least one listener')
      .describe('Addresses that are listened on.'),
    stores: z.record(name(), storeSchema).default({}).describe('Named stores of shared state.'),
    services: z.record(name(), serviceSchema).default({}).describe('Upstream APIs by name.'),
    insight: insightSchema.prefault({}),
    events: z.array(sinkEntrySchema).default([]).describe('Where the record of every exchange goes.'),
    policies: policyList().describe('Policies of every route.'),
    routes: z.array(routeSchema).default([]).describe('What is served.'),
  })
  .check(context => {
    const { insight, stateDir } = context.value
    if (stateDir !== undefined) return
    const needing = insight.enabled === true ? 'enabled' : insight.accept.length > 0 ? 'accept' : null
    if (needing === null) return
    context.issues.push({
      code: 'custom',
      input: insight,
      path: ['insight', needing],
      message: 'needs stateDir: the folder to keep what is learnt in',
    })
  })
  .describe('Configuration of Portcullis.')

export type ConfigurationInput = z.output<typeof configurationSchema>
