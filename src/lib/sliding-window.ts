/** How a window's admissions are laid out in cells: each holds up to `perCell` admissions and one expiry. */
export interface WindowShape {
  readonly amount: number
  readonly windowMs: number
  readonly cells: number
  readonly perCell: number
  /** Capacity of the last cell: amount - (cells - 1) × perCell. */
  readonly inLastCell: number
}

/**
 * Lays `amount` admissions per window out in at most `cellsMax` cells.
 * A cell expires one window after the *last* admission in it and is reused only then, so no window of that length, wherever it begins,
 * ever holds more than `amount`. With amount ≤ cellsMax each admission has its own cell and the answer is exact; above, admissions of one
 * cell are forgotten together, so at most perCell - 1 of them (below 1/cellsMax of the limit) count a little too long, never too short.
 */
export function windowShape(
  limit: { readonly amount: number; readonly windowMs: number },
  cellsMax: number,
): WindowShape {
  const { amount, windowMs } = limit
  const perCell = Math.ceil(amount / cellsMax)
  const cells = Math.ceil(amount / perCell)
  return { amount, windowMs, cells, perCell, inLastCell: amount - (cells - 1) * perCell }
}
