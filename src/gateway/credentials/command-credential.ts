import type { CredentialKind, CredentialSource } from './credential-source.ts'
import { keptCredential } from './kept-credential.ts'
import { runCredentialCommand, type CredentialCommand } from './run-credential-command.ts'

export interface CommandCredentialOptions extends Omit<CredentialCommand, 'timeoutMs'> {
  readonly kind: CredentialKind
  /** How long its key is used before it is run again. Default: 5 minutes. */
  readonly ttlMs?: number
  /** Default: 30 seconds. */
  readonly timeoutMs?: number
}

/** A command that prints the secret, such as the client of a password manager. */
export function commandCredential(options: CommandCredentialOptions): CredentialSource {
  const { kind, ttlMs = 300_000, timeoutMs = 30_000, command, environment } = options
  return keptCredential({
    // Arguments may be telling; the program alone is not.
    description: 'shell' in command ? 'shell command' : `command ${command[0]}`,
    kind,
    ttlMs,
    ask: () => runCredentialCommand({ command, timeoutMs, environment }),
  })
}
