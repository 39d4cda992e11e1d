import { isPaging } from '../../paging.ts'
import type { Rule } from '../../rule.ts'

const bytesMax = 1024 * 1024
const medianMax = 256 * 1024

/** An answer that grows with the data is an attack that waits for data. */
export const unpagedCollection: Rule = {
  id: 'unpaged-collection',
  heading: 'limits',
  title: 'Large answers without pages',
  severity: 'low',
  references: ['API4:2023', 'CWE-770'],
  *judge({ endpoints }) {
    for (const { subject, method, template, operation, declared } of endpoints) {
      if (operation === null || method !== 'GET' || template.endsWith('}')) continue
      const parameters = [...operation.parameters, ...(declared?.operation.parameters ?? [])]
      if (
        parameters.some(({ name }) => isPaging(name) || /^(?:page|cursor|offset|after|before|page_?token)$/i.test(name))
      )
        continue
      const large = operation.responses.find(
        ({ status, mediaType, bytes }) =>
          status === 200 && /json/.test(mediaType) && bytes.max > bytesMax && bytes.p50 > medianMax,
      )
      if (large === undefined) continue
      yield {
        subject,
        message: `${subject} answers with all there is.`,
        evidence: [
          `up to ${large.bytes.max} bytes, half of the answers above ${large.bytes.p50}`,
          'no parameter for pages',
        ],
        confidence: 0.7,
        advice: 'Answer in pages, with a maximum size.',
      }
    }
  },
}
