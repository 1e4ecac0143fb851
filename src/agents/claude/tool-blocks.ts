import { z } from 'zod'
import type { TranscriptEntry } from '../../ports/transcript-store.ts'

const messageEntry = z.looseObject({ message: z.looseObject({ content: z.array(z.unknown()) }) })
const toolUse = z.looseObject({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.unknown() })
const toolResult = z.looseObject({ type: z.literal('tool_result'), tool_use_id: z.string() })

export type ToolUseBlock = z.infer<typeof toolUse>

/** The calls that an entry of a transcript makes. */
export const callsIn = (entry: TranscriptEntry): ToolUseBlock[] =>
  entry['type'] === 'assistant' ? blocksOf(entry, toolUse) : []

/** The model's ids of the calls whose results an entry holds. */
export const resultsIn = (entry: TranscriptEntry): string[] =>
  blocksOf(entry, toolResult).map(({ tool_use_id }) => tool_use_id)

function blocksOf<Block>(entry: TranscriptEntry, schema: z.ZodType<Block>): Block[] {
  const parsed = messageEntry.safeParse(entry)
  if (!parsed.success) return []
  return parsed.data.message.content.flatMap((block) => {
    const found = schema.safeParse(block)
    return found.success ? [found.data] : []
  })
}

/** The entry that the next one follows; titles and the like have ids, and stand in no order. */
export const endOfChain = (entries: readonly TranscriptEntry[]): TranscriptEntry | undefined =>
  entries.findLast(({ type, uuid }) => typeof uuid === 'string' && chained.has(type))

const chained: ReadonlySet<unknown> = new Set(['user', 'assistant', 'attachment', 'system', 'progress'])
