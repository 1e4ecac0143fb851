import { PerdureError } from '../../errors/perdure-error.ts'

export interface BaseUrlOptions {
  /** Lets credentials travel unencrypted to another machine. Default: false. */
  readonly allowInsecure?: boolean | undefined
}

/**
 * The address of a model’s service. One that ends in `/v1` means the same as without it, since agents ask for
 * `/v1/…` themselves.
 * @throws {PerdureError} `invalid_request` when it is not an http(s) URL, when it holds a login, or when credentials would travel
 * unencrypted to another machine.
 */
export function parseBaseUrl(text: string, { allowInsecure = false }: BaseUrlOptions = {}): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new PerdureError('invalid_request', 'The base URL of the model’s service is not an http or https URL.')
  }
  if (hasLogin(url)) {
    throw new PerdureError('invalid_request', `The base URL of the model’s service holds a login: ${url.host}.`, {
      hint: 'Keep secrets out of URLs, which are shown. A key or token is named under model.keys of the configuration.',
    })
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !allowInsecure) {
    throw new PerdureError(
      'invalid_request',
      `The model’s service at ${url.host} has a plain http URL: whoever is on the way could read the key.`,
      { hint: 'Use https, or allow it for a network that is yours: allowInsecure, or PERDURE_ALLOW_INSECURE=1.' },
    )
  }
  url.pathname = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
  return url
}

export const hasLogin = ({ username, password }: URL): boolean => username !== '' || password !== ''

export const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
