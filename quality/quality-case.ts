/** One measured statement about what is learnt. A case is a file in quality/cases and a line in its index. */
export interface QualityCase {
  /** kebab-case; `npm run quality -- --only NAME`. */
  readonly name: string
  /** What is measured, in a few words. */
  readonly what: string
  /** The bar and the aim, in words: `≥ 0.98`; '' where there is none. */
  readonly must: string
  readonly aim: string
  /** How it is measured: data, seed, what counts as right. Plain Markdown, one paragraph. */
  readonly method: string
  /** null: its data are not on this machine. */
  readonly run: () => Promise<QualityFigure | null>
}

export interface QualityFigure {
  /** A share (0–1) or a count, as the bar says. */
  readonly value: number
  /** How many things were looked at: lines, operations, findings. */
  readonly of: number
  /** Does it hold the bar? */
  readonly holds: boolean
  /** Further figures, in words. */
  readonly note: string
}
