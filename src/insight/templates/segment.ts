import { type SegmentShape, segmentShape } from '../../lib/segment-shape.ts'

/** How one segment counts in the trie. */
export interface SegmentReading {
  /** null: perhaps a literal, perhaps a value; its siblings decide. */
  readonly shape: SegmentShape | null
  /** What is told apart from the value and stays in the template: `.json`, `:cancel`; '' mostly. */
  readonly suffix: string
  /** The text that stands for a segment with a value inside it: `Orders({})`, `year={}`. '' when there is none. */
  readonly frame: string
}

const plainWord: SegmentReading = { shape: null, suffix: '', frame: '' }
const plainShapes = new Map<SegmentShape, SegmentReading>()

const call = /^([A-Za-z_][\w.-]*)\((.*)\)$/
const assignment = /^([A-Za-z_][\w.-]*)=(.*)$/
const verb = /:[a-z][A-Za-z]+$/
/** Formats that an API offers of one thing; `report.pdf` is the name of a file, `orders.json` is orders. */
const format =
  /\.(?:json|xml|csv|tsv|txt|yaml|yml|rss|atom|jsonp|geojson|kml|gpx|html|htm|php|aspx?|jsp|do|action|cgi|ashx|asmx|svc)$/i
/** Formats too, behind a value: `/invoices/17.pdf`, `/tiles/3/2/1.png`; behind a word they make the name of a file. */
const media = /\.(?:pdf|png|svg|jpe?g|gif|webp|zip|md|ics|mp3|mp4)$/i

/** Reads a segment as it stands in a canonical path. */
export function readSegment(text: string): SegmentReading {
  const shape = segmentShape(text)
  if (shape === null || shape === 'text' || shape === 'file-name' || shape === 'domain' || shape === 'code') {
    const framed = readFrame(text)
    if (framed !== null) return framed
  }
  if (shape === null) return plainWord
  let reading = plainShapes.get(shape)
  if (reading === undefined) {
    reading = { shape, suffix: '', frame: '' }
    plainShapes.set(shape, reading)
  }
  return reading
}

function readFrame(text: string): SegmentReading | null {
  if (text.length > 256) return null
  const last = text.charCodeAt(text.length - 1)
  if (last === 41) {
    // OData: Orders(123), Orders(id='x',year=2024).
    const parts = call.exec(text)
    if (parts === null) return null
    const [, name = '', inner = ''] = parts
    if (inner === '') return null
    const holes = inner.split(',').map(part => `${assignment.exec(part)?.[1] ?? ''}=`.replace(/^=$/, ''))
    return { shape: null, suffix: '', frame: `${name}(${holes.map(hole => `${hole}{}`).join(',')})` }
  }
  const assigned = assignment.exec(text)
  if (assigned !== null && assigned[2] !== '') return { shape: null, suffix: '', frame: `${assigned[1]}={}` }
  const action = verb.exec(text)
  if (action !== null && action.index > 0)
    return { shape: segmentShape(text.slice(0, action.index)), suffix: action[0], frame: '' }
  const dot = format.exec(text)
  if (dot !== null && dot.index > 0) return { shape: segmentShape(text.slice(0, dot.index)), suffix: dot[0], frame: '' }
  const image = media.exec(text)
  if (image !== null && image.index > 0) {
    const stem = segmentShape(text.slice(0, image.index))
    if (stem !== null && stem !== 'text') return { shape: stem, suffix: image[0], frame: '' }
  }
  return null
}
