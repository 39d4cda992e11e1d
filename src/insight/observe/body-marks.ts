import { knownToken } from '../../lib/known-token.ts'
import type { BodyMark } from '../model/observation.ts'

/** A page of debug output begins with what it has to say; behind this nobody looks. */
const readMax = 32_768

interface Sign {
  readonly mark: BodyMark
  /** Stands only in what is not JSON. */
  readonly page?: true
  /** Words of which one must be there before the expression is run: an ordinary body pays for these searches alone. */
  readonly words: readonly string[]
  readonly form: RegExp
}

// biome-ignore format: a table
const signs: readonly Sign[] = [
  // Frames of the usual languages, also inside a JSON string (`\n` as two characters).
  { mark: 'stack-trace', words: ['\n', '\\n', '"at '], form: /(?:^|\n|\\n|")(?:\s|\\t)*at (?:async )?(?:new )?[\w$.<>[\]/]{1,200} ?\((?:[^()\n]{1,200}:\d+(?::\d+)?|native|Native Method|Unknown Source|<anonymous>)\)/ },
  { mark: 'stack-trace', words: ['\n', '\\n', '"at '], form: /(?:^|\n|\\n|")(?:\s|\\t)*at (?:(?:file|node|https?):)?[\w./\\:@-]{1,200}:\d+:\d+/ },
  { mark: 'stack-trace', words: [':line '], form: /(?:^|\n|"|\\r|\\n)\s*at [\w.<>`[\],+]{1,200}\([^()\n]{0,300}\) in [^\n]{1,300}:line \d+/ },
  { mark: 'stack-trace', words: ['Traceback'], form: /Traceback \(most recent call last\)/ },
  { mark: 'stack-trace', words: ['[running]:'], form: /goroutine \d+ \[running\]:/ },
  { mark: 'stack-trace', words: ['.php'], form: /\.php(?:<\/b>)?(?:\(\d+\)| on line (?:<b>)?\d|:\d)/ },
  { mark: 'stack-trace', words: ['.rb:'], form: /\.rb:\d+:in [`']/ },
  { mark: 'stack-trace', words: ['Exception', 'Error'], form: /(?:^|[\s"])(?:[a-z_]\w*\.){2,10}[A-Z]\w*(?:Exception|Error)\b/ },
  { mark: 'stack-trace', words: ["' panicked at "], form: /thread '[^'\n]{1,100}' panicked at / },
  { mark: 'sql-error', words: ['SQL', 'Error', 'psycopg'], form: /SQL syntax.{1,80}(?:MySQL|MariaDB)|SQLSTATE\[|PG::\w+Error|psycopg2?\.errors\.|(?:psycopg2?|sqlite3|pymysql|mysql)\.(?:err\.|errors\.)?\w*Error|SqlException|SQLException|SQLServerException|SQLITE_(?:ERROR|CONSTRAINT)|You have an error in your SQL|PostgreSQL.{1,40}ERROR|valid MySQL result/ },
  { mark: 'sql-error', words: ['ORA-'], form: /\bORA-\d{5}:/ },
  { mark: 'sql-error', words: ['syntax error at', 'Unclosed quotation', 'unterminated quoted', 'no such ', ' violates '], form: /syntax error at or near|Unclosed quotation mark|unterminated quoted string|no such (?:column|table):|duplicate key value violates|violates (?:foreign key|not-null|unique|check) constraint/ },
  { mark: 'private-key', words: ['PRIVATE KEY-----'], form: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/ },
  { mark: 'internal-path', words: ['"/', ' /', '=/', '(/'], form: /(?:^|[\s"'(=:])\/(?:home|root|var\/(?:www|lib|log|task)|usr\/(?:src|local|lib)|opt|srv|etc|app\/(?:src|node_modules|dist)|proc|mnt|tmp)\/[\w.-]+(?:\/[\w.-]+){0,20}/ },
  { mark: 'internal-path', words: [':\\'], form: /\b[A-Z]:\\{1,2}(?:Users|Windows|inetpub|Program Files|Projects?|Source|src|app|web)\\{1,2}[\w. -]+/i },
  { mark: 'internal-address', words: ['10.', '192.168.', '172.', '169.254.'], form: /(?<![\d.])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|169\.254\.169\.254)(?![\d.])/ },
  { mark: 'internal-address', words: ['.svc', '.internal', '.local', 'localhost:'], form: /[\w-]\.(?:svc(?:\.cluster\.local)?|internal|corp|local)(?::\d{2,5})?(?![\w.-])|\blocalhost:\d{2,5}\b/ },
  { page: true, mark: 'debug-page', words: ['Werkzeug', 'DEBUG = True', 'Whoops', 'Whitelabel Error Page', 'phpinfo()', 'PHP Version', 'Rails.root', 'Laravel', 'Server Error in', 'ASP.NET', 'symfony', 'X-Debug', 'Django', 'actuator'], form: /Werkzeug Debugger|DEBUG = True|Whoops[,!]? \\?(?:There was|looks like)|Whitelabel Error Page|<title>(?:phpinfo\(\)|PHP \d)|PHP Version <\/|Rails\.root:|Server Error in '\/[^']{0,100}' Application|Symfony\\\\?Component\\\\?|Illuminate\\|You're seeing this error because you have <code>DEBUG/ },
  { page: true, mark: 'directory-listing', words: ['Index of /', 'Directory listing for'], form: /<title>(?:Index of \/|Directory listing for)/ },
  { page: true, mark: 'xml-entity', words: ['<!ENTITY'], form: /<!ENTITY\s/ },
  { page: true, mark: 'xml-doctype', words: ['<!DOCTYPE', '<!doctype'], form: /<!DOCTYPE (?!html)/i },
]
const jsonSigns = signs.filter(sign => sign.page !== true)

/**
 * Signs in a text that give something away, each once; none of the text is in the result. Linear. `json`: the text is JSON, whose strings are
 * looked at for keys one by one.
 */
export function marksOf(text: string, json: boolean): BodyMark[] {
  const start = text.length > readMax ? text.slice(0, readMax) : text
  let found: BodyMark[] = none
  for (const sign of json ? jsonSigns : signs) {
    if (found.includes(sign.mark) || !hasWord(start, sign.words) || !sign.form.test(start)) continue
    found = [...found, sign.mark]
  }
  if (json) return found
  const token = knownToken(start)
  return token === 'api-key' || token === 'secret' ? [...found, 'access-key'] : found
}

function hasWord(text: string, words: readonly string[]): boolean {
  for (const word of words) if (text.includes(word)) return true
  return false
}

const none: BodyMark[] = []
