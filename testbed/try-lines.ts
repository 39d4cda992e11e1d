/** What somebody may copy and paste: a title, a command line, and the status that it gives. */
export interface TryLine {
  readonly policy: string
  readonly says: string
  readonly command: string
  readonly status: number
}

export interface TryWorld {
  readonly base: string
  readonly partners: string
  /** Folder of certificates. */
  readonly folder: string
  readonly alice: string
  readonly mallory: string
  readonly partnerKey: string
  readonly adminPassword: string
}

/** For each policy one call that passes and one that is refused. */
export function tryLines(world: TryWorld): TryLine[] {
  const { base, partners, folder, alice, mallory, partnerKey, adminPassword } = world
  const curl = `curl -s --cacert ${folder}/ca.crt`
  const bearer = (token: string): string => `-H 'Authorization: Bearer ${token}'`
  const json = "-H 'Content-Type: application/json'"
  const line = (policy: string, says: string, rest: string, status: number): TryLine => ({
    policy,
    says,
    command: `${curl} ${rest}`,
    status,
  })
  return [
    line('anonymous', 'anyone may browse', `${base}/products/4`, 200),
    line('anonymous', 'no other path is open', `${base}/internal/debug`, 404),
    line('jwt', 'a valid token', `${bearer(alice)} ${base}/users/me`, 200),
    line('jwt', 'a token that was tampered with', `${bearer(`${alice.slice(0, -6)}AAAAAA`)} ${base}/users/me`, 401),
    line('require', 'the scope is there', `${bearer(mallory)} ${base}/orders`, 200),
    line('require', 'the scope is missing', `${bearer(mallory)} ${base}/users/me`, 403),
    line(
      'json-schema',
      'a body that fits',
      `${bearer(alice)} ${json} -d '{"items":[{"productId":4,"quantity":1}]}' ${base}/orders`,
      201,
    ),
    line(
      'json-schema',
      'a price of their own',
      `${bearer(alice)} ${json} -d '{"items":[{"productId":4,"quantity":1,"price":0.01}]}' ${base}/orders`,
      422,
    ),
    line(
      'size',
      'a small body',
      `${bearer(alice)} ${json} -d '{"stars":5,"text":"Lovely."}' ${base}/products/4/reviews`,
      201,
    ),
    line(
      'size',
      'more than 1 KiB',
      `${bearer(alice)} ${json} -d "{\\"stars\\":5,\\"text\\":\\"$(head -c 1200 /dev/zero | tr '\\0' x)\\"}" ${base}/products/4/reviews`,
      413,
    ),
    line('api-key', 'the partner', `-H 'X-API-Key: ${partnerKey}' ${base}/feed`, 200),
    line('api-key', 'a guess', `-H 'X-API-Key: pck_guess' ${base}/feed`, 401),
    line('basic', 'the owner', `-u admin:${adminPassword} ${base}/admin/stats`, 200),
    line('basic', 'a wrong password', `-u admin:tea ${base}/admin/stats`, 401),
    line(
      'mtls',
      'the payment service',
      `--cert ${folder}/client.crt --key ${folder}/client.key ${json} -d '{"orderId":1000,"amount":15}' ${partners}/payments`,
      201,
    ),
    line('mtls', 'no certificate', `${json} -d '{"orderId":1000,"amount":15}' ${partners}/payments`, 401),
    line('rate-limit', 'once a minute', `${base}/health`, 200),
    line('rate-limit', 'again', `${base}/health`, 429),
    line('ip', 'from this machine', `-u admin:${adminPassword} ${base}/admin/stats`, 200),
    line('ip', 'only from 10.0.0.0/8', `${base}/warehouse/stock`, 403),
    line('headers', 'security headers on every answer', `-o /dev/null -D - ${base}/products/4`, 200),
    line('headers', 'X-User cannot be sent by a client', `-H 'X-User: bob' ${base}/users/me`, 401),
  ]
}
