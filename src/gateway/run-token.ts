import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export const newRunToken = (): string => `perdure-run-${randomBytes(32).toString('base64url')}`

export type TokenVerdict = 'valid' | 'wrong' | 'expired'

/** A check that takes the same time for every wrong token; the token itself is not kept. */
export function createTokenCheck(token: string, ttlMs: number): (headers: IncomingHttpHeaders) => TokenVerdict {
  const expected = tokenDigest(token)
  const expiresAt = performance.now() + ttlMs
  return (headers) => {
    if (!offeredTokens(headers).some((candidate) => timingSafeEqual(tokenDigest(candidate), expected))) return 'wrong'
    return performance.now() < expiresAt ? 'valid' : 'expired'
  }
}

export const tokenDigest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** What a caller shows to be let in: a bearer token, an API key, or both. */
export function offeredTokens(headers: IncomingHttpHeaders): readonly string[] {
  const bearer = /^bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1]
  const apiKey = headers['x-api-key']
  return [bearer, Array.isArray(apiKey) ? apiKey[0] : apiKey].filter((candidate) => candidate !== undefined)
}
