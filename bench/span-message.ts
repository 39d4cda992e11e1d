import { ProtobufWriter } from '../src/lib/protobuf-writer.ts'

/** Spans of one request: a chain of services that call each other and a database, as tracers send them. */
export const spansPerMessage = 48
const startNs = 1_700_000_000_000_000_000n

function attribute(writer: ProtobufWriter, field: number, key: string, value: string | number): void {
  writer.message(field, () => {
    writer.text(1, key)
    writer.message(2, () => (typeof value === 'string' ? writer.text(1, value) : writer.varint(3, value)))
  })
}

function spanId(i: number): string {
  return `00f067aa0ba9${i.toString(16).padStart(4, '0')}`
}

/** One export of a trace: 8 services with 6 spans each. */
export function spanMessage(): Buffer {
  const writer = new ProtobufWriter()
  for (let service = 0; service < 8; service++) {
    writer.message(1, () => {
      writer.message(1, () => {
        attribute(writer, 1, 'service.name', `service-${service}`)
        attribute(writer, 1, 'k8s.pod.name', `service-${service}-579b9bff58-t2dbm`)
        attribute(writer, 1, 'telemetry.sdk.language', 'java')
        attribute(writer, 1, 'process.command_line', '/usr/bin/java -jar app.jar')
      })
      writer.message(2, () => {
        for (let n = 0; n < 6; n++) {
          const i = service * 6 + n
          writer.message(2, () => {
            writer.hex(1, '0af7651916cd43dd8448eb211c80319c')
            writer.hex(2, spanId(i))
            if (i > 0) writer.hex(4, spanId(n < 2 ? i - 1 : service * 6 + 1))
            writer.text(5, n === 0 ? 'GET /orders/{id}' : `Repository.find${n}`)
            writer.varint(6, n === 0 ? 2 : n === 5 ? 3 : 1)
            writer.fixed64(7, startNs + BigInt(i * 1_000_000))
            writer.fixed64(8, startNs + BigInt(i * 1_000_000 + 100_000_000))
            attribute(writer, 9, 'thread.id', 17)
            attribute(writer, 9, 'thread.name', 'http-nio-8080-exec-3')
            attribute(writer, 9, 'http.request.method', 'GET')
            attribute(writer, 9, 'http.response.status_code', 200)
            attribute(writer, 9, 'http.route', '/orders/{id}')
            attribute(writer, 9, 'user_agent.original', 'okhttp/4.12.0')
            attribute(writer, 9, 'server.address', 'orders.shop.svc')
            attribute(writer, 9, 'network.peer.address', '10.42.7.13')
            writer.message(15, () => {})
          })
        }
      })
    })
  }
  return writer.take()
}

/** Gives the same message another trace id and times that are later by `stepNs`, in place. */
export function renewed(bytes: Buffer, stepNs = 1_000_000n): () => Buffer {
  const ids: number[] = []
  const times: number[] = []
  for (let at = bytes.indexOf('0af7651916cd43dd8448eb211c80319c', 0, 'hex'); at >= 0; ) {
    ids.push(at)
    at = bytes.indexOf('0af7651916cd43dd8448eb211c80319c', at + 1, 'hex')
  }
  // Tags of fields 7 and 8 with the high bytes of any such time behind them.
  const high = Buffer.alloc(8)
  high.writeBigUInt64LE(startNs)
  for (let at = 0; at < bytes.length - 9; at++)
    if ((bytes[at] === 0x39 || bytes[at] === 0x41) && bytes[at + 8] === high[7] && bytes[at + 7] === high[6])
      times.push(at + 1)
  if (ids.length !== spansPerMessage || times.length !== 2 * spansPerMessage)
    throw new Error('the message is not what it should be')
  let count = 0
  return () => {
    count++
    for (const at of ids) bytes.writeUInt32LE(count, at)
    for (const at of times) bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at) + stepNs, at)
    return bytes
  }
}
