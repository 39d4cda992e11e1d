/** The fixed places of a policy in a request's life, in the order in which they run (DESIGN §4). */
export const phases = ['admit', 'identify', 'authorize', 'limit', 'inspect', 'transform'] as const

export type Phase = (typeof phases)[number]

/** The levels on which a policy may be written, outermost first. */
export const levels = ['global', 'service', 'route'] as const

export type Level = (typeof levels)[number]
