import { z } from 'zod'

// Crockford's alphabet in lower case: its order is the order of the digits, so ids sort by time.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const body = '[0-7][0-9a-hjkmnp-tv-z]{25}'

const idSchema = <Brand extends string>(prefix: string, _brand: Brand) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_${body}$`), `not an id of the form ${prefix}_…`)
    .brand<Brand>()

/** A conversation with its files. */
export const sessionIdSchema = idSchema('sesn', 'SessionId')
export type SessionId = z.infer<typeof sessionIdSchema>
/** One event of a session; tool calls are named by the id of their event. */
export const eventIdSchema = idSchema('sevt', 'EventId')
export type EventId = z.infer<typeof eventIdSchema>
/** A sub-agent's thread within a session; the main thread has none. */
export const threadIdSchema = idSchema('sthr', 'ThreadId')
export type ThreadId = z.infer<typeof threadIdSchema>
/** One activation of a session on a machine, from its first input until it is idle. */
export const runIdSchema = idSchema('run', 'RunId')
export type RunId = z.infer<typeof runIdSchema>

/** Each new id sorts after every id that this process made before. */
export const newSessionId = (): SessionId => `sesn_${newIdBody()}` as SessionId
export const newEventId = (): EventId => `sevt_${newIdBody()}` as EventId
export const newThreadId = (): ThreadId => `sthr_${newIdBody()}` as ThreadId
export const newRunId = (): RunId => `run_${newIdBody()}` as RunId

/** The main thread of a session has the session's own digits. */
export const mainThreadId = (sessionId: SessionId): ThreadId => `sthr_${sessionId.slice('sesn_'.length)}` as ThreadId

const state = { milliseconds: 0, counter: 0 }

/** A UUIDv7 (RFC 9562, method 1: a 12-bit counter after the milliseconds) in 26 base32 digits. */
export function newIdBody(now: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  if (now > state.milliseconds) {
    state.milliseconds = now
    state.counter = ((bytes[6]! & 0x07) << 8) | bytes[7]!
  } else if (++state.counter > 0xfff) {
    state.milliseconds += 1
    state.counter = 0
  }
  for (let index = 0, rest = state.milliseconds; index < 6; index++, rest = Math.floor(rest / 256)) {
    bytes[5 - index] = rest & 0xff
  }
  bytes[6] = 0x70 | (state.counter >> 8)
  bytes[7] = state.counter & 0xff
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  return encodeBase32(bytes)
}

/** Sixteen bytes in 26 digits. */
export function encodeBase32(bytes: Uint8Array): string {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  let text = ''
  for (let digit = 0; digit < 26; digit++) {
    text = alphabet[Number(value & 31n)]! + text
    value >>= 5n
  }
  return text
}
