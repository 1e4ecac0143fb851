import {
  credentialOf,
  secretOf,
  type Credential,
  type CredentialKind,
  type CredentialSource,
} from './credential-source.ts'

export interface KeptCredentialOptions {
  readonly description: string
  readonly kind: CredentialKind
  /** How long a value is used before the place is asked again. */
  readonly ttlMs: number
  /** Asks the place. At most once at a time, however many requests wait for it. */
  readonly ask: () => Promise<string>
  readonly nowMs?: () => number
}

/** A source whose place is dear to ask: its value is kept for a while, or until the service refuses it. */
export function keptCredential(options: KeptCredentialOptions): CredentialSource {
  const { description, kind, ttlMs, ask, nowMs = () => performance.now() } = options
  let kept: { readonly credential: Credential; readonly untilMs: number } | undefined
  let asking: Promise<Credential> | undefined

  const renew = async (): Promise<Credential> => {
    const credential = credentialOf(await ask(), kind)
    kept = { credential, untilMs: nowMs() + ttlMs }
    return credential
  }

  return {
    description,
    async read() {
      if (kept !== undefined && nowMs() < kept.untilMs) return kept.credential
      asking ??= renew().finally(() => (asking = undefined))
      return asking
    },
    refused(credential) {
      // Another request may have fetched a newer one meanwhile: that one stays.
      if (kept !== undefined && secretOf(kept.credential) === secretOf(credential)) kept = undefined
    },
  }
}
