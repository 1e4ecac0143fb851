import { expect, test } from 'vitest'
import { newEventId, newThreadId } from '../../domain/ids.ts'
import type { EventDraft } from '../../domain/session-event.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { systemClock } from '../../ports/clock.ts'
import type { ModelObservation } from '../../ports/model-observation.ts'
import { Joiner } from './joiner.ts'

const error = new PerdureError('overloaded', 'busy').toJSON()

function setUp() {
  const events: EventDraft[] = []
  const joiner = new Joiner({
    clock: systemClock,
    newEventId,
    mainThreadId: newThreadId(),
    hasGateway: true,
    emit: (output) => output.kind === 'event' && events.push(output.event),
  })
  const at = (request: number) => ({ request, atMs: 0 })
  const ask = (request: number, toolResultIds: readonly string[] = []): void => {
    const usual = { thread: null, parentThread: null, kind: 'turn', model: 'm', streamed: true, tailText: '' } as const
    joiner.observe({ ...at(request), type: 'request', ...usual, toolResultIds })
  }
  const retry = (request: number, attempt: number): void =>
    joiner.observe({ ...at(request), type: 'retrying', attempt, delayMs: 10, error })
  const answer = (request: number, block: Partial<Extract<ModelObservation, { type: 'block_start' }>>): void => {
    const named = { messageId: `msg_${request}`, model: 'm', usage: {} }
    joiner.observe({ ...at(request), type: 'response', status: 200, requestId: `req_${request}` })
    joiner.observe({ ...at(request), type: 'message_start', ...named })
    joiner.observe({ ...at(request), type: 'block_start', index: 0, blockType: 'text', text: '', ...block })
    joiner.observe({ ...at(request), type: 'block_stop', index: 0 })
    joiner.observe({ ...at(request), type: 'end', how: 'complete' })
  }
  return { joiner, events, ask, retry, answer, types: () => events.map(({ type }) => type) }
}

test('failed attempts stand within their span, whose end counts them', () => {
  const { events, ask, retry, answer, types } = setUp()
  ask(1)
  retry(1, 1)
  retry(1, 2)
  answer(1, { blockType: 'text', text: ' ' })
  expect(types()).toEqual(['span.model_request_start', 'session.error', 'session.error', 'span.model_request_end'])
  expect(events[2]).toMatchObject({
    error: { type: 'model_overloaded_error', retry_status: { type: 'retrying' } },
    perdure: { attempt: 2, delay_ms: 10, error_code: 'overloaded' },
  })
  expect(events[3]).toMatchObject({ perdure: { attempts: 3 } })
})

test('those of a request that has its place still to come wait with it', () => {
  const { joiner, ask, retry, answer, types } = setUp()
  const of = { thread: null, requestId: 'req_1', messageId: 'msg_1', uuid: 'u1', aborted: false }
  ask(1)
  answer(1, { blockType: 'tool_use', toolUseId: 't1', toolName: 'Bash' })
  joiner.report({ type: 'content_block', ...of, block: { type: 'tool_use', id: 't1', name: 'Bash', input: {} } })
  ask(2, ['t1'])
  retry(2, 1)
  expect(types()).not.toContain('session.error')
  joiner.report({ type: 'tool_result', thread: null, uuid: 'u2', toolUseId: 't1', content: [], isError: false })
  expect(types().slice(-3)).toEqual(['agent.tool_result', 'span.model_request_start', 'session.error'])
})

test('waiting is no event', () => {
  const { joiner, ask, types } = setUp()
  ask(1)
  joiner.observe({ request: 1, atMs: 0, type: 'waiting', reason: 'rate_limit', delayMs: 5 })
  expect(types()).toEqual(['span.model_request_start'])
})
