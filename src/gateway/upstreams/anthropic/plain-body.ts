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
