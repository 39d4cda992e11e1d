import type { Incident } from './incidents/incident.ts'
import type { Incidents } from './incidents/incidents.ts'

/** What a person wants done to an incident, as it is sent to the control API. */
export interface WantedAction {
  readonly action: 'acknowledge' | 'close' | 'accept' | 'reopen'
  readonly author: string
  readonly reason: string
}

/** JSON Schema of a WantedAction. */
export const wantedActionSchema = {
  type: 'object',
  required: ['action', 'author', 'reason'],
  additionalProperties: false,
  properties: {
    action: { enum: ['acknowledge', 'close', 'accept', 'reopen'] },
    author: { type: 'string', minLength: 1, maxLength: 200 },
    reason: { type: 'string', minLength: 1, maxLength: 2000 },
  },
} as const

/** The incident as it is then, or words that say why nothing was done. */
export type ActionResult = { readonly incident: Incident } | { readonly refused: string }

/** Carries out what a person says; `nowMs`: wall clock. */
export function takeAction(incidents: Incidents, number: number, wanted: WantedAction, nowMs: number): ActionResult {
  const signature = { author: wanted.author, reason: wanted.reason, at: new Date(nowMs).toISOString() }
  try {
    const incident = incidents[wanted.action](number, signature)
    return incident === null ? { refused: `there is no incident ${number}` } : { incident }
  } catch (error) {
    if (error instanceof RangeError) return { refused: error.message }
    throw error
  }
}

/** Reads a WantedAction from what anybody may have sent; null: it is none. */
export function wantedAction(value: unknown): WantedAction | null {
  if (value === null || typeof value !== 'object') return null
  const { action, author, reason, ...rest } = value as Record<string, unknown>
  const { properties } = wantedActionSchema
  if (Object.keys(rest).length > 0 || !(properties.action.enum as readonly unknown[]).includes(action)) return null
  if (!isText(author, properties.author.maxLength) || !isText(reason, properties.reason.maxLength)) return null
  return { action: action as WantedAction['action'], author, reason }
}

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= max
}
