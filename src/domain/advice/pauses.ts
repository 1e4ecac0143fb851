import { averageCached, averagePrompt, type Conversation, type ConversationMinute } from './conversations.ts'

/** A pause in which an entry that lives five minutes is lost, and one that lives an hour is not. */
export interface Pause {
  /** Tokens that were written anew after it although they had been in the cache before: no more than is certain. */
  readonly lostTokens: number
  /** Tokens that were read after it although they had not been used for that long. */
  readonly savedTokens: number
}

const minuteMs = 60_000

/**
 * The pauses of a conversation. The ledger tells the minute of each call: six minutes apart are more than five, and
 * fifty-nine less than an hour. A prompt that became shorter, by a compaction, says nothing.
 */
export function pausesOf({ minutes }: Conversation): Pause[] {
  return minutes.slice(1).flatMap((after, index) => {
    const before = minutes[index]!
    const apart = Math.round((after.atMs - before.atMs) / minuteMs)
    if (apart < 6 || apart > 59 || averagePrompt(after) < averagePrompt(before)) return []
    return [pauseBetween(before, after)]
  })
}

function pauseBetween(before: ConversationMinute, after: ConversationMinute): Pause {
  const cached = averageCached(before)
  const missing = Math.max(0, after.calls * cached - after.read)
  const written = after.written5m + after.written1h
  return {
    lostTokens: Math.floor(Math.min(missing, written, cached)),
    savedTokens: Math.ceil(Math.max(0, cached - missing)),
  }
}
