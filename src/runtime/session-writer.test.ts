import { describe, expect, it } from 'vitest'
import { newEventId, newSessionId } from '../domain/ids.ts'
import type { EventDraft, LoggedEvent, PreviewEvent, SessionStreamEvent } from '../domain/session-event.ts'
import { initialSessionState } from '../domain/session-state.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import type { EventLog } from '../ports/event-log.ts'
import { SessionWriter } from './session-writer.ts'

const stamp = () => ({ id: newEventId(), processed_at: '2026-01-01T00:00:00.000Z' })
const running = (): EventDraft => ({ ...stamp(), type: 'session.status_running' })
const preview = (text: string): PreviewEvent => ({
  type: 'event_delta',
  event_id: 'sevt_1',
  delta: { type: 'content_delta', content: { type: 'text', text } },
})

/** A log that numbers, remembers its commits, and fails when told to. */
function fakeLog() {
  const commits: EventDraft[][] = []
  const log = { failure: null as Error | null, commits }
  let sequence = 0
  const append: EventLog['append'] = async (_sessionId, drafts) => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    if (log.failure !== null) throw log.failure
    commits.push([...drafts])
    return drafts.map((draft): LoggedEvent => ({ ...draft, sequence: ++sequence }))
  }
  return { ...log, setFailure: (failure: Error) => (log.failure = failure), append }
}

function createWriter(log: { append: EventLog['append'] }) {
  const shown: SessionStreamEvent[] = []
  const failures: string[] = []
  const commands: string[] = []
  const writer: SessionWriter = new SessionWriter({
    events: log,
    sessionId: newSessionId(),
    fence: 1,
    state: initialSessionState,
    perform: (command) => {
      commands.push(command.type)
      if (command.type === 'settle_turn') writer.push(running())
    },
    onEvent: (event) => void shown.push(event),
    onFailure: (error) => void failures.push(error.code),
  })
  return { writer, shown, failures, commands }
}

describe('SessionWriter', () => {
  it('commits what waits together, in order, and keeps previews in their place', async () => {
    const log = fakeLog()
    const { writer, shown } = createWriter(log)
    writer.push(running())
    writer.push(running())
    writer.preview(preview('a'))
    writer.push(running())
    await writer.flushed()
    expect(log.commits.map((commit) => commit.length)).toEqual([2, 1])
    expect(shown.map((event) => ('sequence' in event ? event.sequence : event.type))).toEqual([1, 2, 'event_delta', 3])
    expect(writer.state).toMatchObject({ lastSequence: 3, status: 'running' })
  })

  it('is flushed only when what its commands wrote is durable too', async () => {
    const log = fakeLog()
    const { writer, commands } = createWriter(log)
    writer.push({
      ...stamp(),
      type: 'perdure.turn_ended',
      error: null,
      subtype: 'success',
      terminal_reason: null,
      cost_nano_usd: '0',
      model_usage: {},
      model_requests: 0,
      duration_ms: 0,
      permission_denials: 0,
    })
    await writer.flushed()
    expect(commands).toEqual(['settle_turn'])
    expect(writer.state).toMatchObject({ lastSequence: 2, status: 'running' })
  })

  it('does not fold an event twice that the log already had', async () => {
    const known: LoggedEvent = { ...running(), sequence: 1 }
    const append: EventLog['append'] = async (_sessionId, drafts) =>
      drafts.map((draft) => ({ ...draft, sequence: known.sequence }))
    const { writer, shown } = createWriter({ append })
    writer.push(known)
    await writer.flushed()
    writer.push(known)
    await writer.flushed()
    expect(shown).toHaveLength(1)
  })

  it('after a refusal says so once, and writes nothing any more', async () => {
    const log = fakeLog()
    const { writer, failures, shown } = createWriter(log)
    log.setFailure(new PerdureError('lease_lost', 'taken over'))
    writer.push(running())
    writer.push(running())
    await expect(writer.flushed()).rejects.toMatchObject({ code: 'lease_lost' })
    writer.push(running())
    await expect(writer.flushed()).rejects.toMatchObject({ code: 'lease_lost' })
    expect(failures).toEqual(['lease_lost'])
    expect(log.commits).toEqual([])
    expect(shown).toEqual([])
  })

  it('writes and shows no secret', async () => {
    const log = fakeLog()
    const { writer, shown } = createWriter(log)
    const key = `sk-ant-api03-${'x'.repeat(40)}`
    writer.preview(preview(`It is ${key}.`))
    writer.push({ ...stamp(), type: 'agent.message', content: [{ type: 'text', text: `It is ${key}.` }] })
    await writer.flushed()
    expect(shown).toHaveLength(2)
    expect(JSON.stringify([log.commits, shown])).not.toContain(key)
    expect(log.commits[0]).toMatchObject([{ content: [{ text: 'It is [redacted:anthropic_key].' }] }])
  })
})
