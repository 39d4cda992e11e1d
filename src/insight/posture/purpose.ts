/** What an operation is for, as far as its path says so; each word is a guess that rules weigh. */
export interface Purpose {
  /** Meant for callers who are not known yet: login, token, registration, health, published documents. */
  readonly open: boolean
  /** Where credentials are tried: login, token, one-time codes, resets. */
  readonly login: boolean
  /** For the people who run the service, not for its users. */
  readonly admin: boolean
  /** For the people who write it: never meant to be reached in production. */
  readonly debug: boolean
}

const openWords = words(
  'login log-in signin sign-in signup sign-up register registration token tokens oauth oauth2 oidc authorize auth session sessions sso saml otp',
  'forgot forgot-password reset-password password-reset verify-email confirm activate captcha csrf csrf-token consent callback',
  'health healthz healthcheck live livez liveness ready readyz readiness ping status version robots.txt favicon.ico sitemap.xml .well-known',
  'public openapi.json openapi.yaml docs terms privacy imprint static assets webhook webhooks hooks',
  'search query contact feedback newsletter csp-report collect',
)
const loginWords = words(
  'login log-in signin sign-in token authenticate otp 2fa mfa forgot-password reset-password password-reset verify-code',
)
const adminWords = words(
  'admin admins administration administrator backoffice back-office superuser sudo impersonate internal manage management operator',
  'permissions grants feature-flags featureflags moderation maintenance',
)
const debugWords = words(
  'actuator heapdump threaddump jolokia pprof debug __debug__ phpinfo phpinfo.php server-status server-info h2-console',
  'graphiql .env .git .svn trace.axd elmah.axd console telescope _profiler',
)

/** From a path or path template; the words of variables do not count. */
export function purposeOf(template: string): Purpose {
  const segments = template
    .split('/')
    .filter(segment => segment !== '' && !segment.startsWith('{') && segment !== '**')
    .map(segment => kebab(segment))
  const has = (set: ReadonlySet<string>): boolean => segments.some(segment => set.has(segment))
  const admin = has(adminWords)
  const debug = has(debugWords)
  return { open: has(openWords) && !admin && !debug, login: has(loginWords), admin, debug }
}

/** `resetPassword`, `reset_password` → `reset-password`. */
export function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase()
}

function words(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap(line => line.split(' ')))
}
