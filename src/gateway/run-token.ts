import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export const newRunToken = (): string => `perdure-run-${randomBytes(32).toString('base64url')}`

/** A check that takes the same time for every wrong token; the token itself is not kept. */
export function createTokenCheck(token: string): (headers: IncomingHttpHeaders) => boolean {
  const expected = digest(token)
  return (headers) => offered(headers).some((candidate) => timingSafeEqual(digest(candidate), expected))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function offered(headers: IncomingHttpHeaders): readonly string[] {
  const bearer = /^bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1]
  const apiKey = headers['x-api-key']
  return [bearer, Array.isArray(apiKey) ? apiKey[0] : apiKey].filter((candidate) => candidate !== undefined)
}
