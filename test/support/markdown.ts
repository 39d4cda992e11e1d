import { readFileSync } from 'node:fs'

export interface Block {
  /** First word of the info string: `yaml`, `sh` … */
  readonly language: string
  readonly text: string
  /** Line of the opening fence. */
  readonly line: number
}

export interface Markdown {
  readonly blocks: readonly Block[]
  /** Links outside of code: words and target. */
  readonly links: ReadonlyArray<{ readonly words: string; readonly target: string; readonly line: number }>
  /** Anchors of the headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>
}

/** The parts of a Markdown file that a test can hold to something. Knows the plain subset that our documents use. */
export function readMarkdown(file: string): Markdown {
  const blocks: Block[] = []
  const links: Array<{ words: string; target: string; line: number }> = []
  const anchors = new Set<string>()
  let open: { language: string; line: number; lines: string[] } | null = null
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const fence = /^```(\w*)/.exec(line)
    if (fence !== null) {
      if (open === null) open = { language: fence[1] as string, line: index + 1, lines: [] }
      else {
        blocks.push({ language: open.language, line: open.line, text: `${open.lines.join('\n')}\n` })
        open = null
      }
      continue
    }
    if (open !== null) {
      open.lines.push(line)
      continue
    }
    const heading = /^#{1,6} (.*)$/.exec(line)
    if (heading !== null) anchors.add(slug(heading[1] as string))
    // Code spans may hold brackets that are no links; links may hold code spans in their words.
    for (const [, words = '', target = ''] of line.matchAll(/(?<!`)\[((?:`[^`]*`|[^\]`])+)\]\(([^)\s]+)\)/g))
      links.push({ words: words.replaceAll('`', ''), target, line: index + 1 })
  }
  if (open !== null) throw new Error(`${file}:${open.line}: a code block without an end`)
  return { blocks, links, anchors }
}

/** GitHub's anchor of a heading: lower case, no punctuation, a dash for each space. */
function slug(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
