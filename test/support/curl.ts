import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** One answer as the curl command saw it. Field names are lower case; of several lines the last one counts. */
export interface CurlAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** curl's exit code: 0, or 35 for a failed handshake, 56 for a connection that broke … */
  readonly exit: number
}

const run = promisify(execFile)

/** One request by the curl command, which ends after 20 s in any case. Never rejects for what the other side did. */
export async function curl(...args: readonly string[]): Promise<CurlAnswer> {
  const { stdout, exit } = await output(['-sS', '-i', ...args])
  const text = stdout.replace(/^(?:HTTP\/1\.1 1\d\d [^]*?\r\n\r\n)+/, '')
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = (end < 0 ? '' : text.slice(0, end)).split('\r\n')
  return {
    status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0),
    headers: Object.fromEntries(
      lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    ),
    body: text.slice(end + 4),
    exit,
  }
}

/** The statuses of many requests by one curl command: URL ranges (`/[1-50]`), `--parallel` … */
export async function curlStatuses(...args: readonly string[]): Promise<number[]> {
  const { stdout } = await output(['-sS', '-o', '/dev/null', '-w', '%{http_code}\n', ...args])
  return stdout.trim().split('\n').map(Number)
}

async function output(args: readonly string[]): Promise<{ stdout: string; exit: number }> {
  try {
    const { stdout } = await run('curl', ['--max-time', '60', ...args], {
      timeout: 65_000,
      maxBuffer: 64 << 20,
      encoding: 'latin1',
    })
    return { stdout, exit: 0 }
  } catch (error) {
    const { code, stdout } = error as { code?: number | string; stdout?: string }
    if (typeof code !== 'number') throw error
    return { stdout: stdout ?? '', exit: code }
  }
}

/** Asserts that it is a refusal of ours: RFC 9457 with all members that the product promises. */
export function assertProblem(answer: CurlAnswer, status: number, code: string): void {
  assert.equal(answer.status, status, `${answer.status} ${answer.body}`)
  assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/)
  const problem = JSON.parse(answer.body) as Record<string, unknown>
  assert.equal(problem['code'], code)
  assert.equal(problem['status'], status)
  assert.equal(problem['type'], `urn:portcullis:problem:${code}`)
  assert.ok(typeof problem['title'] === 'string' && problem['title'] !== '')
  assert.match(String(problem['requestId']), /^[\w-]{16,64}$/)
}
