import assert from 'node:assert/strict'
import { fold, type LoggedEvent, type SessionState } from '../../src/index.ts'

/** The log holds all that was acknowledged, under its numbers, without a gap; and it folds. */
export function checkLog(log: readonly LoggedEvent[], acknowledged: readonly LoggedEvent[]): SessionState {
  assert.deepEqual(
    log.map((event) => event.sequence),
    log.map((_, index) => index + 1),
    'the log has a gap',
  )
  assert.equal(new Set(log.map((event) => event.id)).size, log.length, 'an event stands in the log twice')
  for (const event of acknowledged) {
    assert.deepEqual(log[event.sequence - 1], event, `event ${event.sequence} was acknowledged and is not in the log`)
  }
  return fold(log)
}

/** Nobody has it, and nothing is open but questions that wait for a person. */
export function checkAtRest(state: SessionState): void {
  const { status, run, openSpans, openTools, awaitingApproval, threads } = state
  assert.deepEqual({ status, run, openSpans }, { status: 'idle', run: null, openSpans: {} })
  assert.deepEqual(Object.keys(openTools).toSorted(), awaitingApproval.toSorted(), 'a call is open for nobody')
  const running = Object.values(threads).filter((thread) => thread.status === 'running')
  assert.deepEqual(running, [], 'a sub-agent is said to run')
}

/** Each span that began ended once; each tool call has one result, is said to be unknown, or waits for a person. */
export function checkPairs(log: readonly LoggedEvent[], { awaitingApproval }: SessionState): void {
  const ends = log.flatMap((event) => (event.type === 'span.model_request_end' ? [event.model_request_start_id] : []))
  const starts = log.flatMap((event) => (event.type === 'span.model_request_start' ? [event.id] : []))
  assert.deepEqual(ends.toSorted(), starts.toSorted(), 'a span has no end, or two')
  const calls = log.flatMap((event) => (event.type === 'agent.tool_use' ? [event.id] : []))
  const results = log.flatMap((event) => (event.type === 'agent.tool_result' ? [event.tool_use_id] : []))
  const unknown = log.flatMap((event) =>
    event.type === 'perdure.tool_results_unknown' ? event.tool_use_event_ids : [],
  )
  assert.deepEqual(
    [...results, ...unknown, ...awaitingApproval].toSorted(),
    calls.toSorted(),
    'a call has no result, or two',
  )
}

export interface Said {
  /** Durable by what the host told: these must be there. */
  readonly acknowledged: readonly string[]
  /** All that was tried to say: nothing else may be there. */
  readonly tried: readonly string[]
}

/** Every message is logged once, and in the end the model was told each of them once. */
export function checkMessages(log: readonly LoggedEvent[], said: Said, heard: readonly string[]): void {
  const logged = log.flatMap((event) => (event.type === 'user.message' ? textsOf(event) : []))
  assert.deepEqual(logged.toSorted(), [...new Set(logged)].toSorted(), 'a message stands in the log twice')
  assert.deepEqual(
    logged.filter((text) => !said.tried.includes(text)),
    [],
    'a message in the log was never said',
  )
  assert.deepEqual(
    said.acknowledged.filter((text) => !logged.includes(text)),
    [],
    'a message was lost',
  )
  assert.deepEqual(heard.toSorted(), logged.toSorted(), 'the model was not told each message exactly once')
}

const textsOf = (event: Extract<LoggedEvent, { type: 'user.message' }>): string[] =>
  event.content.map((block) => (block.type === 'text' ? block.text : block.type))

/** No call ran twice; one with a good result did run, one that was denied did not. */
export function checkCalls(log: readonly LoggedEvent[], counted: readonly string[]): void {
  assert.deepEqual(counted.toSorted(), [...new Set(counted)].toSorted(), 'a call ran twice')
  const ran = new Set(counted)
  const denied = new Set(
    log.flatMap((event) =>
      event.type === 'user.tool_confirmation' && event.result === 'deny' ? [event.tool_use_id] : [],
    ),
  )
  const failed = new Map(
    log.flatMap((event) => (event.type === 'agent.tool_result' ? [[event.tool_use_id, event.is_error === true]] : [])),
  )
  for (const event of log) {
    if (event.type !== 'agent.tool_use' || event.name !== 'Bash') continue
    const token = /echo (token-[\d-]+)/.exec(String(event.input['command']))![1]!
    if (denied.has(event.id)) assert.ok(!ran.has(token), `${token} was denied and ran`)
    if (failed.get(event.id) === false) assert.ok(ran.has(token), `${token} has a good result and did not run`)
  }
}
