import { createHash, createHmac } from 'node:crypto'
import type { PlatformAsked } from './fake-platforms.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** Whether a request is signed with this secret, by AWS’s Signature Version 4 computed anew. */
export function isSignedWith(secret: string, { method, path, headers, text }: PlatformAsked): boolean {
  const authorization = headers.authorization ?? ''
  const [, scope = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? []
  const [day = '', region = '', service = ''] = scope.split('/')
  const { pathname, searchParams } = new URL(`http://aws${path}`)
  searchParams.sort()
  // The path is encoded once more than it travels, as for every service but S3.
  const canonicalPath = pathname.split('/').map(encodeURIComponent).join('/')
  const canonicalHeaders = names
    .split(';')
    .map((name) => `${name}:${String(headers[name]).trim()}\n`)
    .join('')
  const canonical = [method, canonicalPath, searchParams.toString(), canonicalHeaders, names, sha256(text)].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`)
  return hmac(key, toSign).toString('hex') === signature
}
