import type { IncomingMessage } from 'node:http'
import { pipeline, type Duplex } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'

/** By the names of RFC 9110, 8.4.1, RFC 8878 and RFC 7932. */
const decoders: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

/**
 * The answer in plain bytes: services between here and the API compress although nobody asked them to.
 * An encoding that is not known here travels on as it is.
 */
export function plainBody(
  answer: IncomingMessage,
  { method, headers }: { method: string; headers: Readonly<Record<string, string>> },
): { headers: Readonly<Record<string, string>>; body: AsyncIterable<Uint8Array> } {
  const { 'content-encoding': encoding, 'content-length': length, ...others } = headers
  const decode = decoders[encoding?.trim().toLowerCase() ?? '']
  if (decode === undefined || length === '0' || method === 'HEAD') return { headers, body: answer }
  // An error on either side reaches whoever reads the body.
  return { headers: others, body: pipeline(answer, decode(), () => {}) }
}

/**
 * The head as the API would write it: what answers a request for a stream is one, however a server on the way
 * names it. Agents read it as one, and by its type all others here know it.
 */
export function withStreamType(
  headers: Readonly<Record<string, string>>,
  { status, isStreamAsked }: { status: number; isStreamAsked: () => boolean },
): Readonly<Record<string, string>> {
  const type = headers['content-type'] ?? ''
  if (status !== 200 || type.startsWith(streamType) || /^[^;]*(json|html)/i.test(type) || !isStreamAsked())
    return headers
  return { ...headers, 'content-type': streamType }
}

const streamType = 'text/event-stream'
