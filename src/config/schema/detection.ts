import * as z from 'zod'
import { cidr, duration } from '../../core/values.ts'

const name = () => z.string().regex(/^[a-z][a-z\d-]{0,63}$/, 'must be lower case letters, digits and -')

const budgetSchema = z
  .union([
    z.number().gt(0).max(0.01).describe('Share of all requests.'),
    z.strictObject({ perDay: z.number().gt(0).max(10_000).describe('False alarms a day.') }),
  ])
  .describe('False alarms that may be raised, over all detectors together.')

const scenarioSchema = z
  .strictObject({
    name: name().describe('As operators and findings call it.'),
    days: z
      .array(
        z
          .string()
          .regex(/^(?:\d{4}-\d\d-\d\d|(?:mon|tues|wednes|thurs|fri|satur|sun)day)$/, 'must be 2026-11-27 or a weekday'),
      )
      .max(400)
      .default([])
      .describe('Days (UTC) or weekdays on which it is in force; all when empty.'),
    hours: z
      .string()
      .regex(/^(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be 22:00-06:00')
      .optional()
      .describe('Hours of those days (UTC); may go over midnight. The whole day when absent.'),
    factor: z
      .number()
      .min(1)
      .max(100)
      .default(2)
      .describe('Volumes may be so many times as large, until the scenario has learnt for itself.'),
    begin: z
      .enum(['calendar', 'label', 'operator'])
      .default('calendar')
      .describe(
        '`label`: while a pod is there that it, its workload or its namespace label `portcullis.io/scenario: NAME`. `operator`: only when it is begun over the API, by a person or a pipeline. Both need no days.',
      ),
  })
  .describe('A time in which other things are normal: a sale, a night, a release, a batch.')

const thresholdSchema = z.strictObject({
  detector: name().describe('Name of the detector.'),
  metric: name().describe('Name of its metric.'),
  scope: z.string().max(2000).default('').describe('An operation or a kind of caller; all when empty.'),
  threshold: z.number().min(0).describe('Above it is abnormal.'),
})

const detectorSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether it runs.'),
  weight: z.number().gt(0).max(1000).optional().describe('Its part of the budget against the others.'),
  with: z.record(z.string(), z.unknown()).optional().describe('Its own settings (docs/detectors).'),
})

export const networksSchema = z
  .strictObject({
    internal: z
      .array(cidr())
      .max(1000)
      .default([])
      .describe('Networks whose callers are our own: what comes from there weighs more.'),
  })
  .describe('Whose networks are whose.')

export const detectionSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether detectors run.'),
    budget: budgetSchema.default(1e-4),
    warmUp: z
      .strictObject({
        samples: z
          .int()
          .min(10)
          .max(1_000_000)
          .default(200)
          .describe('Samples of a metric before it may raise an alarm.'),
        time: duration({ minMs: 0 }).prefault('24h').describe('Time since its first sample.'),
      })
      .prefault({})
      .describe('No alarm before.'),
    quarantine: z
      .strictObject({
        callers: z.int().min(1).max(1000).default(3).describe('Distinct callers that must have shown something new.'),
        time: duration({ minMs: 0 }).prefault('24h').describe('Time between the first of them and now.'),
      })
      .prefault({})
      .describe('Until then something new is not normal.'),
    drift: z
      .strictObject({
        settle: duration({ minMs: 0 })
          .prefault('7d')
          .describe('How long a baseline finds its place; then its reference is frozen.'),
        stepPerDay: z.number().min(1).max(10).default(1.1).describe('Factor by which a threshold may move in a day.'),
        reach: z.number().min(1).max(100).default(2).describe('Factor by which it may leave its frozen reference.'),
      })
      .prefault({})
      .describe('How baselines follow what changes slowly.'),
    scenarios: z.array(scenarioSchema).max(50).default([]),
    baselines: z.array(thresholdSchema).max(5000).default([]).describe('Thresholds written by an expert.'),
    detectors: z.record(name(), detectorSchema).default({}).describe('By name of the detector.'),
  })
  .describe('Finding what is not normal.')
