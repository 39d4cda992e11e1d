import type { Family } from '../model.ts'
import { exchanges } from './exchanges/exchanges.ts'

/** Every family, in the order in which the help names them. Adding one: a folder here, and a line. */
export const families: readonly Family<unknown>[] = [exchanges]
