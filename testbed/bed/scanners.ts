import type { Ledger } from './calls.ts'
import { serviceNamed, services } from './estate.ts'
import { pathOf, refusedLine } from './exchange.ts'
import { makeUuid } from './person.ts'
import type { Random } from './random.ts'
import type { Step } from './steps.ts'

const DAY = 86_400_000

const looked = [
  '/wp-login.php',
  '/.env',
  '/admin.php',
  '/api/v1/pods',
  '/cgi-bin/test',
  '/.git/config',
  '/actuator/heapdump',
  '/phpinfo.php',
]

/** Scanners that look for what is not there, and guessers that are turned away: the noise that an inventory must not take for operations. */
export function scannerSteps(random: Random, startMs: number, ledger: Ledger): Step[] {
  const guarded = services.flatMap(service => service.operations.filter(({ proof }) => proof === 'token'))
  return Array.from({ length: 400 }, (_, n) => {
    const one = random.fork(String(n))
    const timeMs = startMs + one.below(DAY - 60_000)
    const client = `198.51.100.${one.between(200, 254)}`
    const id = makeUuid(one)
    const operation = one.pick(guarded)
    const service = serviceNamed(operation.service)
    const refused = one.chance(0.5)
    const params = Object.fromEntries(operation.variables.map(name => [name, one.hex(8)]))
    const url = refused
      ? `https://${service.host}${pathOf({ template: operation.template, params })}`
      : `https://${service.host}${one.pick(looked)}`
    const line = refusedLine({
      timeMs,
      id,
      client,
      method: refused ? operation.method : 'GET',
      url,
      operation: refused ? operation : null,
      status: refused ? 401 : 404,
      code: refused ? 'credential-invalid' : 'no-route',
      policy: refused ? 'jwt' : null,
      headers: refused ? [['authorization', `Bearer ${one.hex(40)}`]] : [],
    })
    return {
      timeMs,
      run: async () => {
        ledger.exchange(line, timeMs)
      },
    }
  })
}
