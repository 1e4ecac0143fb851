import { expect, test } from 'vitest'
import type { UpstreamRequest } from '../../../ports/model-gateway.ts'
import type { RecordedToolCall } from '../../../ports/tool-record.ts'
import { loadRecordedTools } from './recorded-tools.ts'
import { withRecordedResults } from './with-recorded-results.ts'

const recordedCall: RecordedToolCall = {
  agentId: null,
  toolUseId: 'toolu_1',
  name: 'Bash',
  input: {},
  content: [{ type: 'text', text: '4711' }],
  isError: false,
  durationMs: 3,
}

async function bodyAfter(body: string): Promise<string> {
  const calls = [recordedCall]
  const tools = await loadRecordedTools({ findToolCall: async () => undefined, toolCalls: async () => calls }, [])
  const requests: UpstreamRequest[] = []
  const upstream = withRecordedResults(
    {
      name: 'plain',
      handle: async (request) => {
        requests.push(request)
        return { status: 200, headers: {}, body: (async function* () {})() }
      },
    },
    tools,
  )
  const { signal } = new AbortController()
  await upstream.handle({ method: 'POST', path: '/v1/messages', headers: {}, body: Buffer.from(body), signal })
  return Buffer.from(requests[0]!.body).toString()
}

test('a refused call has its recorded result, one that worked and one that is not recorded keep theirs', async () => {
  const result = (id: string, isError: boolean) => ({
    type: 'tool_result',
    tool_use_id: id,
    content: 'live',
    is_error: isError,
  })
  const content = [result('toolu_1', true), result('toolu_2', true), { type: 'text', text: 'so?' }]
  const body = await bodyAfter(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }))
  const recorded = { ...result('toolu_1', false), content: recordedCall.content }
  expect(JSON.parse(body)).toEqual({
    model: 'm',
    messages: [{ role: 'user', content: [recorded, ...content.slice(1)] }],
  })

  const worked = JSON.stringify({ messages: [{ role: 'user', content: [result('toolu_1', false)] }] })
  expect(JSON.parse(await bodyAfter(worked))).toEqual(JSON.parse(worked))
})

test('what is no conversation passes as it is', async () => {
  expect(await bodyAfter('{"model": "m"}')).toBe('{"model": "m"}')
  expect(await bodyAfter('not JSON')).toBe('not JSON')
  expect(await bodyAfter('')).toBe('')
})
