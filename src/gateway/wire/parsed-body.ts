import { parseJson } from './message-request.ts'

const known = new WeakMap<Uint8Array, { readonly json: unknown }>()

/**
 * The JSON of a request's body, undefined where it is none. One body passes several readers on its way, some of
 * them before it is sent: it is parsed for the first, and the others get the same value, which nobody may change.
 */
export function parsedBody(body: Uint8Array): unknown {
  const found = known.get(body)
  if (found !== undefined) return found.json
  const json = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
  known.set(body, { json })
  return json
}
