import { newEventId, newSessionId, type SessionId } from '../../src/domain/ids.ts'
import type { EventDraft, WorkspaceStores } from '../../src/index.ts'

/** A session as runs leave it: turns of a prompt, tool rounds and an answer. */
export function sampleEvents(count: number): EventDraft[] {
  const events: EventDraft[] = []
  while (events.length < count) events.push(...sampleTurn())
  return events.slice(0, count)
}

const toolRounds = 5
const processed_at = '2026-01-01T00:00:00.000Z'
const usage = {
  input_tokens: 900,
  output_tokens: 120,
  cache_creation_input_tokens: 300,
  cache_read_input_tokens: 12_000,
}
const words = 'The function returns before the file is closed, so the next reader finds it locked. '

export const sampleText = words.repeat(4)

function sampleTurn(): EventDraft[] {
  const rounds = Array.from({ length: toolRounds }, toolRound).flat()
  return [
    stamped({ type: 'user.message', content: [{ type: 'text', text: words.repeat(2) }] }),
    stamped({ type: 'session.status_running' }),
    ...rounds,
    sampleMessage(),
    stamped({ type: 'session.status_idle', stop_reason: { type: 'end_turn' }, stop_details: null }),
  ]
}

function toolRound(): EventDraft[] {
  const [start, call] = [newEventId(), newEventId()]
  return [
    stamped({ type: 'span.model_request_start', id: start }),
    stamped({
      type: 'agent.tool_use',
      id: call,
      name: 'Bash',
      input: { command: 'npm test -- --run src/reader.test.ts' },
    }),
    stamped({
      type: 'span.model_request_end',
      model_request_start_id: start,
      is_error: false,
      model_usage: usage,
    }),
    stamped({ type: 'agent.tool_result', tool_use_id: call, content: [{ type: 'text', text: words.repeat(8) }] }),
  ]
}

/** The event that is appended again and again. */
export const sampleMessage = (): EventDraft =>
  stamped({ type: 'agent.message', content: [{ type: 'text', text: sampleText }] })

/** The vocabulary’s types ask for fields that a sample does not need. */
const stamped = (event: object): EventDraft => ({ id: newEventId(), processed_at, ...event }) as unknown as EventDraft

export async function newSampleSession(stores: WorkspaceStores): Promise<SessionId> {
  const id = newSessionId()
  await stores.sessions.create({
    id,
    title: null,
    tags: [],
    metadata: {},
    workingDirectory: '/work/tree',
    model: null,
    parent: null,
    ttlSeconds: null,
  })
  return id
}
