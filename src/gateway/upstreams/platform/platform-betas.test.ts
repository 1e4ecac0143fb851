import { describe, expect, it } from 'vitest'
import { bedrockBetas, bedrockHeaderBetas, chooseBetas, vertexBetas, withoutBetaFields } from './platform-betas.ts'

/** What the agent asks the Messages API for. */
const asked =
  'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,per-turn-control-2026-07-01,' +
  'mid-conversation-tool-changes-2026-07-01,thinking-token-count-2026-05-13,advanced-tool-use-2025-11-20,effort-2025-11-24'

describe('of the betas that an agent asks for', () => {
  it('a platform gets those that Claude Code sends it itself, by its own names', () => {
    const settled = [
      'interleaved-thinking-2025-05-14',
      'thinking-token-count-2026-05-13',
      'tool-search-tool-2025-10-19',
    ]
    expect(chooseBetas({ asked, known: bedrockBetas, further: [] })).toEqual(settled)
    const shown = ['claude-code-20250219', 'effort-2025-11-24']
    expect(chooseBetas({ asked, known: bedrockHeaderBetas, further: [] })).toEqual(shown)
    expect(chooseBetas({ asked, known: vertexBetas, further: [] }).toSorted()).toEqual(
      [...settled, ...shown].toSorted(),
    )
  })

  it('each passes once, and further ones by the caller’s word', () => {
    const twice = 'tool-search-tool-2025-10-19, advanced-tool-use-2025-11-20, mine, constructor'
    expect(chooseBetas({ asked: twice, known: bedrockBetas, further: ['mine'] })).toEqual([
      'tool-search-tool-2025-10-19',
      'mine',
    ])
    expect(chooseBetas({ asked: undefined, known: bedrockBetas, further: ['mine'] })).toEqual([])
  })

  it('those that stay behind take their fields with them', () => {
    const body = { model: 'm', context_management: { edits: [] } }
    expect(withoutBetaFields(body, [])).toEqual({ model: 'm' })
    expect(withoutBetaFields(body, ['context-management-2025-06-27'])).toEqual(body)
  })
})
