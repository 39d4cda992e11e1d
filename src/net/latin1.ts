// Hot path: bytes to text and back, several times per exchange.

interface Latin1Buffer {
  latin1Slice(start: number, end: number): string
}

/** Bytes as text, one character each. The method behind `toString('latin1')`, without the look-up of the encoding's name. */
export function latin1(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as Latin1Buffer).latin1Slice(start, end)
}
