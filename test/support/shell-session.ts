import { spawn } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')

export interface Session {
  /** What somebody would paste, block after block. */
  readonly blocks: readonly string[]
  /** Folder to run in, with the files that the reader is told to save. */
  readonly folder: string
  /** Port as it is written → port that is free here. */
  readonly ports: ReadonlyMap<number, number>
  /** Part of a line that ends in `&` → port (as written) that it will listen on. */
  readonly listens: Readonly<Record<string, number>>
  readonly withinMs: number
}

export interface SessionEnd {
  readonly code: number | null
  readonly output: string
  /** How many `curl … # → STATUS` lines gave what they say. */
  readonly statuses: number
}

// A curl line is run for its status; a line in the background is waited for until its port answers; any failure ends the session.
// That it accepts says nothing: before the gateway listens it tries for a moment whether each port is free.
const prelude = `set -euo pipefail
trap 'kill $(jobs -p) 2>/dev/null || true; wait || true' EXIT
status() { # wanted, curl …
  local wanted="$1" got; shift
  got="$("$@" -m 20 -o session-body -w '%{http_code}')" || true
  if [ "$got" != "$wanted" ]; then echo "wanted $wanted, got $got: $*: $(cat session-body)" >&2; exit 1; fi
  echo "$got" >> session-statuses
}
answering() { # port
  local tries=0
  until curl -sk -m 5 -o session-answer http://127.0.0.1:$1/ || curl -sk -m 5 -o session-answer https://127.0.0.1:$1/; do
    tries=$((tries + 1)); if [ "$tries" -gt 600 ]; then echo "nothing answers on $1" >&2; exit 1; fi
    sleep 0.05
  done
}
: > session-statuses
`

/** Runs the shell lines of a document as a reader would paste them. */
export function runSession(session: Session): Promise<SessionEnd> {
  const { folder, ports, listens, withinMs } = session
  const lines = session.blocks
    .join('\n')
    .split('\n')
    .map(line => {
      const status = /^(curl .*?) # → (\d{3})$/.exec(line)
      if (status !== null) return `status ${status[2]} ${status[1]}`
      if (!line.endsWith(' &')) return line
      const port = Object.entries(listens).find(([part]) => line.includes(part))?.[1]
      if (port === undefined) throw new Error(`nobody said where this will listen: ${line}`)
      return `${line}\nanswering ${port}`
    })
  symlinkSync(path.join(root, 'portcullis'), path.join(folder, 'portcullis'))
  writeFileSync(
    path.join(folder, 'session.sh'),
    prelude + withPorts(`${lines.join('\n')}\nwc -l < session-statuses > session-count\n`, ports),
  )
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['session.sh'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: withinMs })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
    child.once('error', reject)
    child.once('close', code =>
      resolve({ code, output, statuses: lines.filter(line => code === 0 && line.startsWith('status ')).length }),
    )
  })
}

/** Text of a document with ports that are free here; a port stands behind a colon, a space or as an argument. */
export function withPorts(text: string, ports: ReadonlyMap<number, number>): string {
  return text.replaceAll(/(?<![\d.])\d{4,5}(?![\d.])/g, digits => String(ports.get(Number(digits)) ?? digits))
}
