// Hot path: pieces of the event that are the same for many exchanges, each put together once.
import type { RouteInfo } from '../core/exchange.ts'
import type { Principal } from '../core/principal.ts'
import { flatText } from '../lib/flat-text.ts'
import { createTimeText } from '../lib/time-text.ts'
import { jsonInner, jsonInnerCut, jsonText } from './json-text.ts'
import type { Redaction } from './redaction.ts'

/** Pieces of JSON text, keyed by what they say; every cache is bounded, since strangers choose some of the keys. */
export interface EventParts {
  /** `{"time":"…","id":"`, without the id. */
  head(epochMs: number): string
  /** `,"listener":…,"protocol":…,"client":"`. */
  edge(listener: string, protocol: string): string
  /** `,"method":…,"host":…,"path":"`. */
  call(host: string, method: string): string
  /** `,"route":…,"service":…,"target":…,"status":`. */
  way(route: RouteInfo | null, target: string): string
  /** `200,"upstreamStatus":200,"requestBytes":`. */
  statuses(status: number, upstreamStatus: number): string
  /** `,"principal":…`. */
  caller(principal: Principal | null): string
  /** The end of the line of an exchange that passed without remarks. */
  passed(configVersion: number): string
  /** JSON of a word of the configuration or the code; `null` for ''. */
  known(text: string): string
}

const hostMax = 255
const methodMax = 32
const subjectMax = 256

export function createEventParts(redaction: Redaction): EventParts {
  const timeText = createTimeText()
  const words = new Map<string, string>([['', 'null']])
  function known(text: string): string {
    return words.get(text) ?? remember(words, text, jsonText(text), 1024)
  }

  let headMs = Number.NaN
  let head = ''
  let edge = { listener: '', protocol: '', text: '' }
  let passed = { configVersion: Number.NaN, text: '' }
  const hosts = new Map<string, Map<string, string>>()
  const ways = new Map<string, { service: string; targets: Map<string, string> }>()
  const statuses = new Map<number, string>()
  const callers = new Map<string, { method: string; issuer: string; text: string }>()

  return {
    known,
    head(epochMs) {
      if (epochMs !== headMs) {
        head = flatText(`{"time":"${timeText(epochMs)}","id":"`)
        headMs = epochMs
      }
      return head
    },
    edge(listener, protocol) {
      if (edge.listener !== listener || edge.protocol !== protocol || edge.text === '') {
        edge = {
          listener,
          protocol,
          text: flatText(`,"listener":${known(listener)},"protocol":${known(protocol)},"client":"`),
        }
      }
      return edge.text
    },
    call(host, method) {
      let methods = hosts.get(host)
      const found = methods?.get(method)
      if (found !== undefined) return found
      methods ??= remember(hosts, host, new Map(), 256)
      const hostText = host === '' ? 'null' : `"${jsonInnerCut(redaction.host(host), hostMax)}"`
      return remember(
        methods,
        method,
        flatText(`,"method":"${jsonInnerCut(redaction.name(method), methodMax)}","host":${hostText},"path":"`),
        16,
      )
    },
    way(route, target) {
      const name = route === null ? '' : route.name
      const service = route === null ? '' : route.service
      let way = ways.get(name)
      if (way === undefined || way.service !== service)
        way = remember(ways, name, { service, targets: new Map() }, 4096)
      const found = way.targets.get(target)
      if (found !== undefined) return found
      return remember(
        way.targets,
        target,
        flatText(`,"route":${known(name)},"service":${known(service)},"target":${known(target)},"status":`),
        256,
      )
    },
    statuses(status, upstreamStatus) {
      const key = status * 1000 + upstreamStatus
      return (
        statuses.get(key) ??
        remember(statuses, key, flatText(`${status},"upstreamStatus":${upstreamStatus},"requestBytes":`), 1024)
      )
    },
    caller(principal) {
      if (principal === null) return ',"principal":null'
      const { subject, method, issuer } = principal
      const found = callers.get(subject)
      if (found !== undefined && found.method === method && found.issuer === issuer) return found.text
      const issuerText = issuer === '' ? 'null' : `"${jsonInnerCut(issuer, subjectMax)}"`
      const text = flatText(
        `,"principal":{"subject":"${jsonInnerCut(subject, subjectMax)}","method":${known(method)},"issuer":${issuerText}}`,
      )
      if (keepable(subject, subjectMax)) remember(callers, flatText(subject), { method, issuer, text }, 4096)
      return text
    },
    passed(configVersion) {
      if (passed.configVersion !== configVersion) {
        const text = flatText(
          `,"verdict":"pass","policy":null,"code":null,"reason":null,"observed":[],"configVersion":${configVersion}}\n`,
        )
        passed = { configVersion, text }
      }
      return passed.text
    },
  }
}

/** Keeps `value`; a cache that is full begins anew, so a flood of keys costs time but never memory. */
function remember<K, V>(cache: Map<K, V>, key: K, value: V, max: number): V {
  if (cache.size >= max && !cache.has(key)) cache.clear()
  cache.set(key, value)
  return value
}

/** Short and printable ASCII. */
function keepable(text: string, max: number): boolean {
  return text.length <= max && jsonInner(text) === text
}
