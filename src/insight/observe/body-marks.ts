import { knownToken } from '../../lib/known-token.ts'
import type { BodyMark } from '../model/observation.ts'

/** A page of debug output begins with what it has to say; behind this nobody looks. */
const readMax = 32_768

interface Sign {
  readonly mark: BodyMark
  /**
   * Where it can stand: `any` text; `lined`: in JSON only beside an escape or a line end, since it goes over lines or has a backslash; `page`:
   * only in what is not JSON.
   */
  readonly in: 'any' | 'lined' | 'page'
  /** Words of which one must be there before the expression is run: an ordinary body pays for these searches alone, so they begin rarely. */
  readonly words: readonly string[]
  readonly form: RegExp
}

// biome-ignore format: a table
const signs: readonly Sign[] = [
  // Frames of the usual languages, also inside a JSON string (`\n` as two characters).
  { mark: 'stack-trace', in: 'lined', words: ['at '], form: /(?:^|\n|\\n|")(?:\s|\\t)*at (?:async )?(?:new )?[\w$.<>[\]/]{1,200} ?\((?:[^()\n]{1,200}:\d+(?::\d+)?|native|Native Method|Unknown Source|<anonymous>)\)/ },
  { mark: 'stack-trace', in: 'lined', words: ['at '], form: /(?:^|\n|\\n|")(?:\s|\\t)*at (?:(?:file|node|https?):)?[\w./\\:@-]{1,200}:\d+:\d+/ },
  { mark: 'stack-trace', in: 'lined', words: [':line '], form: /(?:^|\n|"|\\r|\\n)\s*at [\w.<>`[\],+]{1,200}\([^()\n]{0,300}\) in [^\n]{1,300}:line \d+/ },
  { mark: 'stack-trace', in: 'lined', words: ['Traceback'], form: /Traceback \(most recent call last\)/ },
  { mark: 'stack-trace', in: 'lined', words: ['[running]:'], form: /goroutine \d+ \[running\]:/ },
  { mark: 'stack-trace', in: 'any', words: ['.php'], form: /\.php(?:<\/b>)?(?:\(\d+\)| on line (?:<b>)?\d|:\d)/ },
  { mark: 'stack-trace', in: 'lined', words: ['.rb:'], form: /\.rb:\d+:in [`']/ },
  { mark: 'stack-trace', in: 'any', words: ['Exception', 'Error'], form: /(?:^|[\s"])(?:[a-z_]\w*\.){2,10}[A-Z]\w*(?:Exception|Error)\b/ },
  { mark: 'stack-trace', in: 'lined', words: ["' panicked at "], form: /thread '[^'\n]{1,100}' panicked at / },
  { mark: 'sql-error', in: 'any', words: ['SQL', 'PG::', 'Sql', 'Error', 'psycopg'], form: /SQL syntax.{1,80}(?:MySQL|MariaDB)|SQLSTATE\[|PG::\w+Error|psycopg2?\.errors\.|(?:psycopg2?|sqlite3|pymysql|mysql)\.(?:err\.|errors\.)?\w*Error|SqlException|SQLException|SQLServerException|SQLITE_(?:ERROR|CONSTRAINT)|You have an error in your SQL|PostgreSQL.{1,40}ERROR|valid MySQL result/ },
  { mark: 'sql-error', in: 'any', words: ['ORA-'], form: /\bORA-\d{5}:/ },
  { mark: 'sql-error', in: 'any', words: ['Unclosed quotation', 'violates ', 'at or near', 'unterminated', 'no such '], form: /syntax error at or near|Unclosed quotation mark|unterminated quoted string|no such (?:column|table):|duplicate key value violates|violates (?:foreign key|not-null|unique|check) constraint/ },
  { mark: 'private-key', in: 'lined', words: ['PRIVATE KEY-----'], form: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/ },
  { mark: 'internal-path', in: 'any', words: ['/home/', '/root/', '/var/', '/usr/', '/opt/', '/srv/', '/etc/', '/app/', '/proc/', '/mnt/', '/tmp/'], form: /(?:^|[\s"'(=:])\/(?:home|root|var\/(?:www|lib|log|task)|usr\/(?:src|local|lib)|opt|srv|etc|app\/(?:src|node_modules|dist)|proc|mnt|tmp)\/[\w.-]+(?:\/[\w.-]+){0,20}/ },
  { mark: 'internal-path', in: 'lined', words: ['\\'], form: /\b[A-Z]:\\{1,2}(?:Users|Windows|inetpub|Program Files|Projects?|Source|src|app|web)\\{1,2}[\w. -]+/i },
  { mark: 'internal-address', in: 'any', words: ['10.', '192.168.', '172.', '169.254.'], form: /(?<![\d.])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|169\.254\.169\.254)(?![\d.])/ },
  { mark: 'internal-address', in: 'any', words: ['.svc', '.internal', '.local', 'localhost:'], form: /[\w-]\.(?:svc(?:\.cluster\.local)?|internal|corp|local)(?::\d{2,5})?(?![\w.-])|\blocalhost:\d{2,5}\b/ },
  { mark: 'debug-page', in: 'page', words: ['Werkzeug', 'DEBUG = True', 'Whoops', 'Whitelabel Error Page', 'phpinfo()', 'PHP Version', 'Rails.root', 'Laravel', 'Server Error in', 'ASP.NET', 'symfony', 'X-Debug', 'Django', 'actuator'], form: /Werkzeug Debugger|DEBUG = True|Whoops[,!]? \\?(?:There was|looks like)|Whitelabel Error Page|<title>(?:phpinfo\(\)|PHP \d)|PHP Version <\/|Rails\.root:|Server Error in '\/[^']{0,100}' Application|Symfony\\\\?Component\\\\?|Illuminate\\|You're seeing this error because you have <code>DEBUG/ },
  { mark: 'directory-listing', in: 'page', words: ['Index of /', 'Directory listing for'], form: /<title>(?:Index of \/|Directory listing for)/ },
  { mark: 'xml-entity', in: 'page', words: ['<!ENTITY'], form: /<!ENTITY\s/ },
  { mark: 'xml-doctype', in: 'page', words: ['<!DOCTYPE', '<!doctype'], form: /<!DOCTYPE (?!html)/i },
]
const signsInJson = signs.filter(sign => sign.in !== 'page')
const signsInLine = signs.filter(sign => sign.in === 'any')

/**
 * Signs in a text that give something away, each once; none of the text is in the result. Linear. `json`: the text is JSON, whose strings are
 * looked at for keys one by one.
 */
export function marksOf(text: string, json: boolean): BodyMark[] {
  const start = text.length > readMax ? text.slice(0, readMax) : text
  const lined = !json || start.includes('\\') || start.includes('\n') || start.includes('["at ')
  let found: BodyMark[] = none
  for (const sign of !json ? signs : lined ? signsInJson : signsInLine) {
    if (found.includes(sign.mark) || !hasWord(start, sign.words) || !sign.form.test(start)) continue
    found = [...found, sign.mark]
  }
  if (json) return found
  const token = knownToken(start)
  return token === 'api-key' || token === 'secret' ? [...found, 'access-key'] : found
}

/** A key that a client sends, or a document that a parser of XML would fetch: all that matters of a text on its way in. */
export function requestMarksOf(text: string, json: boolean): BodyMark[] {
  if (json && !text.includes('\\')) return none
  return marksOf(text, json).filter(mark => inRequests.has(mark))
}

const inRequests: ReadonlySet<BodyMark> = new Set(['private-key', 'access-key', 'xml-doctype', 'xml-entity'])

function hasWord(text: string, words: readonly string[]): boolean {
  for (const word of words) if (text.includes(word)) return true
  return false
}

const none: BodyMark[] = []
