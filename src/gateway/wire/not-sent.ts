const marker = Symbol.for('perdure.not_sent')

/** Marks an error of a request that provably never left for the service: it cost nothing, whatever is retried. */
export function markNotSent<Failure extends object>(error: Failure): Failure {
  Object.defineProperty(error, marker, { value: true })
  return error
}

/** TLS refused the service before it was told anything. */
const handshakeFailures =
  /^(CERT_|ERR_TLS_CERT_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET|VERIFY|DECRYPT)_|HOSTNAME_MISMATCH$)/

/**
 * Whether the request behind this error provably never reached the service: the error is marked, or the way
 * to the service failed before there was a connection (name, route, refusal, certificate).
 */
export function wasNotSent(error: unknown): boolean {
  if (error === null || typeof error !== 'object') return false
  if (marker in error) return true
  const { syscall, code, cause, errors } = error as Record<string, unknown>
  if (syscall === 'connect' || syscall === 'getaddrinfo') return true
  if (typeof code === 'string' && handshakeFailures.test(code)) return true
  // Several addresses of one name, all tried in vain.
  if (Array.isArray(errors) && errors.length > 0) return errors.every(wasNotSent)
  return cause !== undefined && wasNotSent(cause)
}
