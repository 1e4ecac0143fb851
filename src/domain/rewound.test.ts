import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyLog } from '../../test/support/arbitrary-events.ts'
import type { CheckpointId } from './checkpoint-id.ts'
import { conversationOf } from './rewound.ts'
import type { LoggedEvent } from './session-event.ts'
import { fold } from './step.ts'

const checkpointId = 'a'.repeat(40) as CheckpointId

it('is the conversation of the target again, and forgets nothing of what was spent', () => {
  fc.assert(
    fc.property(anyLog, fc.nat(), (log, choice) => {
      const target = choice % (log.length + 1)
      const then = fold(log.slice(0, target))
      const before = fold(log)
      const waiting = then.awaitingApproval.filter((id) => then.openTools[id]?.threadId === null)
      const rewind: LoggedEvent = {
        type: 'perdure.session_rewound',
        id: 'sevt_r',
        processed_at: '2026-01-01T00:00:00.000Z',
        sequence: log.length + 1,
        to_sequence: target,
        agent_session_id: 'copy',
        checkpoint_id: checkpointId,
        safety_checkpoint_id: null,
        working_directory: '/w',
        git: 'keep',
        conversation: conversationOf(then, { waitingIds: waiting, unansweredIds: [] }),
      }
      const after = fold([...log, rewind])
      expect(after.turn.texts).toEqual(then.turn.texts)
      expect(after.awaitingApproval).toEqual(waiting)
      expect(after.openTools).toEqual(Object.fromEntries(waiting.map((id) => [id, then.openTools[id]])))
      expect(Object.keys(after.threads)).toEqual(Object.keys(then.threads).filter((id) => id in before.threads))
      expect(after).toMatchObject({ status: 'idle', agentSessionId: 'copy', openSpans: {} })
      expect(after.usage).toEqual(before.usage)
      expect([after.turns, after.run]).toEqual([before.turns, before.run])
      expect(after.unrestored).toMatchObject({ checkpointId, workingDirectory: '/w', git: 'keep' })
    }),
  )
})
