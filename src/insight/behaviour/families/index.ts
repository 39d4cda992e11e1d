import type { Family } from '../model.ts'
import { events } from './events/events.ts'
import { exchanges } from './exchanges/exchanges.ts'
import { sequences } from './sequences/sequences.ts'
import { spans } from './spans/spans.ts'
import { vectors } from './vectors/vectors.ts'

/** Every family, in the order in which the help names them. Adding one: a folder here, and a line. */
export const families: readonly Family<unknown>[] = [exchanges, events, sequences, vectors, spans]
