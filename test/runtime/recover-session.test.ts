import { expect, it } from 'vitest'
import { createClaudeDriver } from '../../src/agents/claude/create-claude-driver.ts'
import { newEventId, type RunId } from '../../src/domain/ids.ts'
import type { EventDraft } from '../../src/domain/session-event.ts'
import type { UserInputEvent } from '../../src/domain/user-input.ts'
import { recoverSession } from '../../src/runtime/recover-session.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { newSession, sampleOwner, scopeA } from '../../src/testing/contract-samples.ts'
import { sampleAccount, sampleCall } from '../../src/testing/ledger-samples.ts'

const agentSessionId = 'c0ffee00-0000-4000-8000-000000000000'
const processed_at = '2026-01-01T00:00:00.000Z'
const said = (uuid: string): EventDraft => ({
  type: 'user.message',
  id: newEventId(),
  processed_at,
  content: [{ type: 'text', text: uuid }],
  perdure: { sdk_uuid: uuid },
})

const turnEnded = (inputUuids: string[] | undefined): EventDraft => ({
  type: 'perdure.turn_ended',
  id: newEventId(),
  processed_at,
  error: null,
  subtype: 'success',
  terminal_reason: null,
  cost_nano_usd: '0',
  model_usage: {},
  model_requests: 1,
  duration_ms: 1,
  permission_denials: 0,
  ...(inputUuids === undefined ? {} : { input_uuids: inputUuids }),
})

async function sessionWith(events: readonly EventDraft[]) {
  const stores = openMemoryStorage().workspace(scopeA)
  const sessionId = await newSession(stores)
  const { fence } = await stores.leases.acquire(sessionId, { owner: sampleOwner(), ttlMs: 60_000 })
  const started = { upstream: 'script', working_directory: '/', model: null, agent: 'claude', run_id: 'run_1', fence }
  await stores.events.append(
    sessionId,
    [{ type: 'perdure.run_started', id: newEventId(), processed_at, ...started }, ...events],
    { fence },
  )
  const recover = () =>
    recoverSession(
      { stores, driver: createClaudeDriver() },
      { sessionId, fence, agentSessionId, now: new Date(processed_at) },
    )
  return { stores, recover, sessionId }
}

const uuidsOf = (messages: readonly EventDraft[]) => messages.map((message) => message.perdure?.sdk_uuid)

it('finds what the transcript of a dead run does not hold, however often it is asked before a run begins', async () => {
  const { stores, recover } = await sessionWith([said('known'), said('queued'), said('lost')])
  await stores.transcripts.append({ agentSessionId }, [
    { type: 'user', uuid: 'known' },
    { type: 'attachment', uuid: 'x', attachment: { type: 'queued_command', source_uuid: 'queued' } },
  ])
  const first = await recover()
  expect(first.state).toMatchObject({ status: 'idle', run: null, outcome: 'failed' })
  expect(uuidsOf(first.lost)).toEqual(['lost'])
  expect(uuidsOf((await recover()).lost)).toEqual(['lost'])
})

it('logs what waits in the inbox though the agent took it in, and says it to nobody again', async () => {
  const { stores, recover, sessionId } = await sessionWith([said('first')])
  for (const uuid of ['taken', 'waits']) {
    await stores.inbox.put(sessionId, { ...said(uuid), processed_at: null } as UserInputEvent)
  }
  await stores.transcripts.append({ agentSessionId }, [
    { type: 'user', uuid: 'first' },
    { type: 'attachment', uuid: 'x', attachment: { type: 'queued_command', source_uuid: 'taken' } },
  ])
  expect((await recover()).lost).toEqual([])
  expect((await stores.inbox.list(sessionId)).map(({ input }) => input.perdure?.sdk_uuid)).toEqual(['waits'])
  const logged = await stores.events.read(sessionId, { types: ['user.message'] })
  expect(logged.map(({ perdure, processed_at: at }) => [perdure?.sdk_uuid, at])).toEqual([
    ['first', processed_at],
    ['taken', processed_at],
  ])
})

it('gives a message again that the agent was given beside a turn, and had not taken in at its end', async () => {
  const { recover } = await sessionWith([said('first'), said('second'), turnEnded(['first'])])
  expect(uuidsOf((await recover()).lost)).toEqual(['second'])
})

it('takes a turn that names no messages for the answer to all', async () => {
  const { recover } = await sessionWith([said('first'), said('second'), turnEnded(undefined), said('third')])
  expect(uuidsOf((await recover()).lost)).toEqual(['third'])
})

it('gives nothing again that the user called off', async () => {
  const { recover } = await sessionWith([
    said('unwanted'),
    { type: 'perdure.run_ended', id: newEventId(), processed_at, run_id: 'run_1', outcome: 'cancelled', error: null },
  ])
  expect((await recover()).lost).toEqual([])
})

it('keeps what waits for a person', async () => {
  const id = newEventId()
  const { recover } = await sessionWith([
    { type: 'agent.tool_use', id, processed_at, name: 'Bash', input: {} },
    {
      type: 'session.status_idle',
      id: newEventId(),
      processed_at,
      stop_reason: { type: 'requires_action', event_ids: [id] },
      stop_details: null,
    },
  ])
  expect((await recover()).state).toMatchObject({
    status: 'idle',
    run: null,
    awaitingApproval: [id],
    stopReason: { type: 'requires_action' },
  })
})

it('counts what the ledger knows of a dead run beyond its turns', async () => {
  const turnEnded: EventDraft = {
    type: 'perdure.turn_ended',
    id: newEventId(),
    processed_at,
    error: null,
    subtype: 'success',
    terminal_reason: null,
    cost_nano_usd: '100',
    model_usage: {},
    model_requests: 1,
    duration_ms: 1,
    permission_denials: 0,
  }
  const { stores, recover, sessionId } = await sessionWith([said('known'), turnEnded])
  const account = sampleAccount({ runId: 'run_1' as RunId, sessionId })
  for (const costNanoUsd of [100n, 25n]) await stores.ledger.settle(sampleCall(account, { costNanoUsd }))
  const { state } = await recover()
  expect(state.usage.costNanoUsd).toBe(125n)
  expect((await stores.events.read(sessionId)).at(-1)).toMatchObject({ unsettled_cost_nano_usd: '25' })
})
