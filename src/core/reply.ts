/** An answer that a policy gives itself instead of the service (a redirect, a CORS preflight, a login page). */
export class Reply {
  readonly status: number
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Uint8Array | string

  constructor(status: number, headers: ReadonlyArray<readonly [string, string]> = [], body: Uint8Array | string = '') {
    this.status = status
    this.headers = headers
    this.body = body
  }
}
