// The stream protocol between a data plane and insight, over a Unix socket (one connection per worker). Little-endian.
//
//   frame     = u32 length of all that follows, a multiple of 4 · u8 kind · u8 flags · u16 zeros at the end of the frame · body
//   hello     = JSON text: {"protocol":1,"worker":0}                        first, once
//   events    = lines of the event log, as they are, each with its LF       exchanges without contents
//   exchange  = eight u32: length of the event's line, of the query, fields and text of the request head, of the response head,
//               bytes of the request body, of the response body
//             · per field four u32 offsets into its head's text (name start, name end, value start, value end), request then response
//             · line · query · request text · response text · request body · response body
//   dropped   = two u32: events and contents that the sender lost since the connection began
//
// An exchange and its event travel in one frame, so the reader never has to join two streams, and half of one is never seen. A sender short of
// room sends the event alone (`events`) and counts the contents as dropped. There is no answer: insight never makes a request wait.

/** Version of the protocol; a reader takes no other. */
export const streamProtocol = 1

export const HELLO = 1
export const EVENTS = 2
export const EXCHANGE = 3
export const DROPPED = 4

/** The frame has this flag when there was a body, were it empty. */
export const REQUEST_BODY = 1
export const RESPONSE_BODY = 2
/** The call came encrypted. */
export const ENCRYPTED = 4

/** Length, kind, flags, padding. */
export const frameHeadBytes = 8
/** Of an exchange, before its offsets. */
export const exchangeHeadBytes = 32
/** No frame is longer: more than two bodies of the largest cap with two of the largest heads. */
export const frameBytesMax = 4 * 1024 * 1024
/** Fields of one head that are carried; the rest is left out. */
export const fieldsMax = 256
