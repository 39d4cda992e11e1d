import { workerBlock, listenerBlock, serviceBlock } from './layout.ts'
import type { MetricsPlan } from './plan.ts'

/** Counters of all workers of this process. Each worker writes only its own part, so no write needs to be atomic and a killed worker's counts stay. */
export interface MetricsMemory {
  readonly cells: SharedArrayBuffer
  readonly workers: number
  /** Cells (8 bytes each) of one worker. */
  readonly capacity: number
}

/** Room for some 2,500 routes. Pages that nobody writes cost nothing. */
export const metricCellsDefault = 512 * 1024

/** Memory for `workers` workers (and their successors); `capacity` in cells of 8 bytes per worker. */
export function createMetricsMemory(workers: number, capacity: number = metricCellsDefault): MetricsMemory {
  return { cells: new SharedArrayBuffer(workers * capacity * 8), workers, capacity }
}

/** The part of one worker. Aligned doubles are read whole by another thread on every platform that we run on (x64, arm64). */
export function workerCells(memory: MetricsMemory, workerIndex: number): Float64Array {
  if (!(workerIndex >= 0 && workerIndex < memory.workers))
    throw new RangeError(`no worker ${workerIndex} in metrics of ${memory.workers}`)
  return new Float64Array(memory.cells, workerIndex * memory.capacity * 8, memory.capacity)
}

/** What all workers together have open at this moment. */
export function openWork(memory: MetricsMemory, plan: MetricsPlan): { exchanges: number; connections: number } {
  let [exchanges, connections] = [0, 0]
  for (let index = 0; index < memory.workers; index++) {
    const cells = workerCells(memory, index)
    exchanges += cells[workerBlock.inFlight] as number
    for (const at of Object.values(plan.listeners)) connections += cells[at + listenerBlock.open] as number
  }
  return { exchanges, connections }
}

/** Zeroes what a dead worker can no longer count down: open connections, exchanges in flight, buffered bytes. Counters stay. */
export function resetGauges(memory: MetricsMemory, plan: MetricsPlan, workerIndex: number): void {
  const cells = workerCells(memory, workerIndex)
  cells[workerBlock.inFlight] = 0
  cells[workerBlock.buffered] = 0
  for (const at of Object.values(plan.listeners)) cells[at + listenerBlock.open] = 0
  for (const at of Object.values(plan.services)) cells[at + serviceBlock.connections] = 0
}
