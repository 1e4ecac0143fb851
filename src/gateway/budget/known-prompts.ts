import { tokensOf, type PromptItem, type PromptItems } from './prompt-items.ts'
import { addedTokens } from './token-bounds.ts'

/** What a run's answers said about its prompts: it bounds the next ones far closer than their bytes. */
export interface KnownPrompts {
  /** An upper bound of a prompt's tokens: what is known of its beginning, and the bytes of what is new. */
  bound(items: PromptItems): number
  /** The service counted this prompt. */
  remember(items: PromptItems, promptTokens: number): void
}

interface KnownPrompt {
  readonly settings: string
  readonly head: readonly string[]
  readonly messages: readonly string[]
  readonly tokens: number
}

/** One for the main thread and each of a few sub-agents and side requests; the rest is bounded by bytes again. */
const remembered = 8

export function createKnownPrompts(): KnownPrompts {
  // The newest first.
  let known: readonly KnownPrompt[] = []
  return {
    bound(items) {
      const byBytes = items.addedTokens + tokensOf(items.head) + tokensOf(items.messages)
      return Math.min(byBytes, ...known.map((prompt) => boundBy(prompt, items)))
    },
    remember(items, promptTokens) {
      const prompt = {
        settings: items.settings,
        head: digests(items.head),
        messages: digests(items.messages),
        tokens: promptTokens,
      }
      known = [prompt, ...known.filter((other) => !isBeginning(other, prompt))].slice(0, remembered)
    },
  }
}

/**
 * A prompt has at most the tokens of the known one and those of what is new in it: what it lacks of the known
 * one only makes it shorter. Without an end that it lacks, though, thoughts may count that did not before.
 */
function boundBy(known: KnownPrompt, { settings, head, messages, isEdited }: PromptItems): number {
  if (known.settings !== settings) return Infinity
  const lackedHead = new Set(known.head)
  const newHead = head.filter(({ digest }) => !lackedHead.delete(digest))
  const shared = sharedLength(known.messages, messages)
  if (isEdited && (shared < known.messages.length || lackedHead.size > 0)) return Infinity
  const thoughts = shared < known.messages.length ? messages.slice(0, shared).filter((item) => item.isThinking) : []
  return known.tokens + addedTokens.block + tokensOf(newHead) + tokensOf(messages.slice(shared)) + tokensOf(thoughts)
}

function sharedLength(known: readonly string[], messages: readonly PromptItem[]): number {
  const different = known.findIndex((digest, index) => messages[index]?.digest !== digest)
  return different < 0 ? known.length : different
}

const isBeginning = (earlier: KnownPrompt, later: KnownPrompt): boolean =>
  earlier.settings === later.settings && earlier.messages.every((digest, index) => later.messages[index] === digest)

const digests = (items: readonly PromptItem[]): readonly string[] => items.map(({ digest }) => digest)
