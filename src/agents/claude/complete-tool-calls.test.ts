import { expect, it } from 'vitest'
import type { KnownToolResult } from '../../ports/agent-driver.ts'
import type { TranscriptEntry } from '../../ports/transcript-store.ts'
import { completeToolCalls } from './complete-tool-calls.ts'

const call = (uuid: string, id: string): TranscriptEntry => ({
  type: 'assistant',
  uuid,
  cwd: '/work',
  requestId: 'req_1',
  message: { role: 'assistant', content: [{ type: 'tool_use', id, name: 'Bash', input: {} }] },
})
const result = (toolUseId: string, uuid?: string): KnownToolResult => ({
  toolUseId,
  uuid,
  content: [{ type: 'text', text: `of ${toolUseId}` }],
  isError: false,
})

async function complete(entries: TranscriptEntry[], results: readonly KnownToolResult[]) {
  const transcripts = {
    load: async () => [...entries],
    append: async (_key: unknown, added: readonly TranscriptEntry[]) => void entries.push(...added),
    listSubpaths: async () => [],
  }
  await completeToolCalls({ transcripts, agentSessionId: 'c0ffee00-0000-4000-8000-000000000000', results })
  return entries
}

it('adds the results that a transcript lacks behind its last entry, and each only once', async () => {
  const transcript = await complete([call('a', 'toolu_1'), call('b', 'toolu_2')], [result('toolu_2', 'r2')])
  await complete(transcript, [result('toolu_1', 'r1'), result('toolu_2', 'r2'), result('toolu_unheard_of', 'r3')])
  expect(transcript).toHaveLength(4)
  expect(transcript.slice(2)).toMatchObject([
    {
      type: 'user',
      uuid: 'r2',
      parentUuid: 'b',
      cwd: '/work',
      sourceToolAssistantUUID: 'b',
      message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_2', is_error: false }] },
    },
    { type: 'user', uuid: 'r1', parentUuid: 'r2', sourceToolAssistantUUID: 'a' },
  ])
  expect(transcript[2]).not.toHaveProperty('requestId')
})
