import { readFile } from 'node:fs/promises'
import { templatesOfLines } from '../insight/templates/template-list.ts'
import { UserError } from './fail.ts'

/** `portcullis templates FILE`: one URL or path a line in, one JSON line with its template out, in the same order. `-` reads stdin. */
export async function templates(file: string): Promise<void> {
  const lines = (await textOf(file)).split('\n')
  // The line end of the last line begins no other.
  if (lines.at(-1) === '') lines.pop()
  let written = ''
  for (const { path, template, confidence } of templatesOfLines(lines.map(withoutReturn))) {
    written += `${JSON.stringify({ path, template, confidence })}\n`
    if (written.length > 65_536) {
      if (!process.stdout.write(written)) await new Promise(resolve => process.stdout.once('drain', resolve))
      written = ''
    }
  }
  process.stdout.write(written)
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

async function textOf(file: string): Promise<string> {
  try {
    if (file !== '-') return await readFile(file, 'utf8')
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
