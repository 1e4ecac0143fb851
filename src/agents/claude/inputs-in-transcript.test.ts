import { expect, it } from 'vitest'
import { inputsInTranscript } from './inputs-in-transcript.ts'

it('finds messages that opened a turn, alone or together, and those taken in by a running one', () => {
  const found = inputsInTranscript([
    { type: 'user', uuid: 'alone', message: { role: 'user', content: 'One.' } },
    { type: 'queue-operation', operation: 'enqueue' },
    { type: 'user', uuid: 'last', mergedSendUuids: ['first', 'second'], message: { role: 'user', content: [] } },
    { type: 'attachment', uuid: 'of-the-agent', attachment: { type: 'queued_command', source_uuid: 'queued' } },
    { type: 'attachment', uuid: 'other', attachment: { type: 'date' } },
  ])
  for (const id of ['alone', 'first', 'second', 'last', 'queued']) expect(found).toContain(id)
  expect(found).not.toContain(undefined)
})
