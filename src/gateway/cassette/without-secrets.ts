import { redact } from '../../domain/redaction.ts'

/**
 * The text without secrets. All marks are the same here: which kind a secret is said to be depends on what a process
 * knows, and that is not the same when the recording is replayed.
 */
export const withoutSecrets = (text: string): string => redact(text).replaceAll(/\[redacted:[a-z_]+\]/g, '[redacted]')
