/** The PEM blocks of a text that carry one of the labels (RFC 7468), each as a PEM text of its own; what stands around them is passed over. */
export function pemBlocks(text: string, ...labels: readonly string[]): string[] {
  const blocks: string[] = []
  for (const match of text.matchAll(pemForm)) if (labels.includes(match[1] as string)) blocks.push(`${match[0]}\n`)
  return blocks
}

/** The bytes inside one PEM block. */
export function pemBytes(block: string): Uint8Array {
  return new Uint8Array(Buffer.from(block.replace(/-----[^-]*-----/g, ''), 'base64'))
}

/** DER bytes as a PEM text with that label. */
export function pemText(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

export const certificateLabels: readonly string[] = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']

const pemForm = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g
