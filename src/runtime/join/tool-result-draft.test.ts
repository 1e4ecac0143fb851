import { describe, expect, it } from 'vitest'
import { newEventId } from '../../domain/ids.ts'
import { toolResultDraft } from './tool-result-draft.ts'

const contentOf = (content: readonly ({ type: string } & Record<string, unknown>)[]): unknown => {
  const draft = toolResultDraft(
    { type: 'tool_result', thread: null, uuid: 'u', toolUseId: 't1', content, isError: false },
    { stamp: { id: newEventId(), processed_at: '2026-01-01T00:00:00.000Z' }, detail: {}, call: undefined },
  )
  return draft.type === 'agent.tool_result' ? draft.content : undefined
}

describe('toolResultDraft', () => {
  it('passes the blocks that the wire has a type for', () => {
    const blocks = [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' }, title: 'T' },
      { type: 'search_result', source: 's', title: 't', content: [], citations: { enabled: false } },
    ]
    expect(contentOf(blocks)).toEqual(blocks)
  })

  it('leaves the model’s own marks out of a text', () => {
    expect(contentOf([{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }])).toEqual([
      { type: 'text', text: 'a' },
    ])
  })

  it('writes any other block as the text of its JSON', () => {
    const odd = [
      { type: 'tool_reference', tool_name: 'X' },
      { type: 'image', source: { type: 'hologram' } },
      { type: 'text' },
    ]
    expect(contentOf(odd)).toEqual(odd.map((block) => ({ type: 'text', text: JSON.stringify(block) })))
  })

  it('keeps the model’s id of a call that is not in the log', () => {
    const draft = toolResultDraft(
      { type: 'tool_result', thread: null, uuid: 'u', toolUseId: 't1', content: [], isError: true },
      { stamp: { id: newEventId(), processed_at: '' }, detail: { unjoined: true }, call: undefined },
    )
    expect(draft).toMatchObject({ tool_use_id: 't1', is_error: true, perdure: { unjoined: true, tool_use_id: 't1' } })
  })
})
