import { type FieldChoice, namesOf } from '../model/field-choice.ts'

/** Request fields that are no parameters of an application: of HTTP itself, of browsers, of proxies and tracers. Lower case. */
export const ordinaryFields: ReadonlySet<string> = new Set(
  (
    'a-im accept accept-charset accept-datetime accept-encoding accept-language access-control-request-headers access-control-request-method ' +
    'authorization baggage b3 cache-control cdn-loop connection content-digest content-disposition content-encoding content-language ' +
    'content-length content-location content-md5 content-range content-type cookie cookie2 date device-memory digest dnt downlink dpop ect ' +
    'expect forwarded from host http2-settings if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive ' +
    'max-forwards origin pragma priority proxy-authorization proxy-connection purpose range referer rtt save-data signature ' +
    'signature-input te traceparent tracestate trailer transfer-encoding true-client-ip uber-trace-id upgrade upgrade-insecure-requests ' +
    'user-agent via want-digest warning x-amzn-trace-id x-att-deviceid x-b3-flags x-b3-parentspanid x-b3-sampled x-b3-spanid ' +
    'x-b3-traceid x-client-ip x-cloud-trace-context x-cluster-client-ip x-correlation-id x-csrf-token x-xsrf-token x-do-not-track ' +
    'x-original-forwarded-for x-original-host x-original-uri x-real-ip x-request-id x-request-start x-requested-with x-uidh x-wap-profile'
  ).split(' '),
)
const families =
  /^(?:sec-|x-forwarded-|x-envoy-|x-datadog-|x-portcullis-|cf-|fastly-|x-amz-cf-|x-azure-|x-akamai-|x-ms-request-|client-cert)/

/** May an application have meant it as a parameter? `name` in lower case. */
export function isApplicationField(name: string): boolean {
  return !ordinaryFields.has(name) && !families.test(name)
}

/** The same as an operator chose; a choice of nothing costs nothing. */
export function applicationFieldTest({ keep }: FieldChoice): (name: string) => boolean {
  const kept = new Set(namesOf(keep, 'request'))
  return kept.size === 0 ? isApplicationField : name => isApplicationField(name) || kept.has(name)
}
