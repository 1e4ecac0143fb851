import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { CheckpointId, PackName } from '../../src/domain/checkpoint-id.ts'
import { mainThreadId, newEventId, newRunId, newSessionId, type SessionId } from '../../src/domain/ids.ts'
import type { EventDraft } from '../../src/domain/session-event.ts'
import type { WorkspaceStores } from '../../src/ports/storage.ts'
import { sampleEvents, sampleInput } from '../../src/testing/contract-samples.ts'
import { sampleAccount, sampleCall } from '../../src/testing/ledger-samples.ts'

const processed_at = '2026-01-01T00:00:00.000Z'

/** A session with some of everything that must travel, as its agent would have left it. */
export async function writeSampleSession(stores: WorkspaceStores): Promise<SessionId> {
  const record = await stores.sessions.create({
    id: newSessionId(),
    title: 'Travels “far” 🜁',
    tags: ['b', 'a'],
    metadata: { ticket: '42' },
    workingDirectory: '/work/tree',
    model: 'claude-x',
    parent: null,
    ttlSeconds: 3600,
  })
  const owner = { host: 'machine', processId: 1, startedAt: 'then', runId: newRunId() }
  const lease = await stores.leases.acquire(record.id, { owner, ttlMs: 60_000 })
  const { fence } = lease
  const started = (agent_session_id: string): EventDraft => ({
    type: 'perdure.agent_started',
    id: newEventId(),
    processed_at,
    agent_session_id,
    model: 'm',
    version: '1',
    permission_mode: 'default',
    tools: [],
    mcp_servers: [],
    slash_commands: [],
    skills: [],
    plugins: [],
  })
  await stores.events.append(record.id, [started('first'), ...sampleEvents(250)], { fence })
  const large = sampleEvents(1).map((event) => ({ ...event, content: [{ type: 'text', text: 'x'.repeat(200_000) }] }))
  const thread = { type: 'session.thread_created', id: newEventId(), processed_at, agent_name: 'helper' }
  const threads = { ...thread, session_thread_id: mainThreadId(record.id) } as EventDraft
  await stores.events.append(record.id, [...(large as EventDraft[]), threads, started('after-clear')], { fence })
  for (const agentSessionId of ['first', 'after-clear']) {
    for (const subpath of [undefined, 'subagents/agent-1', 'subagents/agent-1.meta']) {
      const key = { agentSessionId, ...(subpath === undefined ? {} : { subpath }) }
      const entries = Array.from({ length: 7 }, (_, index) => ({
        ...(index % 3 === 0 ? {} : { uuid: `${agentSessionId}-${subpath}-${index}` }),
        sessionId: agentSessionId,
        text: `entry ${index} \u0000 \ud800`,
      }))
      await stores.transcripts.append(key, entries, { sessionId: record.id, fence })
    }
  }
  await stores.sessions.update(record.id, { agentSessionId: 'after-clear', fence })
  await writeCheckpoints(stores, record.id)
  const account = sampleAccount({ sessionId: record.id })
  for (const tags of [['a'], ['b', 'c'], []]) {
    await stores.ledger.settle(sampleCall(account, { tags, durationMs: 8, firstTokenMs: 3 }))
  }
  await stores.ledger.setBudget({
    scope: 'session',
    id: record.id,
    window: 'total',
    limitNanoUsd: 100n,
    mode: 'hard',
    thresholds: [0.5],
  })
  await stores.ledger.reserve({
    reservationId: 'hold',
    account,
    wantedNanoUsd: 20n,
    minimumNanoUsd: 20n,
    owner,
    ttlMs: 60_000,
  })
  await stores.leases.release(lease)
  await stores.inbox.put(record.id, sampleInput('one'), { priority: 'later' })
  await stores.inbox.put(record.id, sampleInput('two'))
  return record.id
}

async function writeCheckpoints({ checkpoints }: WorkspaceStores, sessionId: SessionId): Promise<void> {
  const bytesOf = (digit: string): Uint8Array => {
    const bytes = new Uint8Array(100_000).fill(digit.charCodeAt(0))
    return Buffer.concat([bytes, createHash('sha1').update(bytes).digest()])
  }
  const pack = (digit: string): PackName => `pack-${Buffer.from(bytesOf(digit).slice(-20)).toString('hex')}` as PackName
  const id = (digit: string): CheckpointId => `ckpt_${digit.repeat(40)}` as CheckpointId
  for (const digit of ['b', 'a']) {
    await checkpoints.putPack(pack(digit), bytesOf(digit))
    await checkpoints.putRecord(sessionId, {
      id: id(digit),
      packs: [pack('b'), pack(digit)].filter((name, index, all) => all.indexOf(name) === index),
      createdAt: processed_at,
      ...(digit === 'a' ? { parent: id('b') } : {}),
    })
  }
}

/** All that a session is, as far as the ports show it. */
export async function everythingOf(stores: WorkspaceStores, sessionId: SessionId) {
  const record = await stores.sessions.get(sessionId)
  const events = await stores.events.read(sessionId)
  const transcripts: Record<string, unknown> = {}
  for (const agentSessionId of ['first', 'after-clear']) {
    for (const subpath of [undefined, ...(await stores.transcripts.listSubpaths(agentSessionId))]) {
      const key = { agentSessionId, ...(subpath === undefined ? {} : { subpath }) }
      transcripts[`${agentSessionId}/${subpath ?? ''}`] = await stores.transcripts.load(key)
    }
  }
  const records = await stores.checkpoints.listRecords(sessionId)
  const packs: Record<string, unknown> = {}
  for (const name of records.flatMap((checkpoint) => checkpoint.packs)) {
    const bytes = await stores.checkpoints.getPack(name)
    packs[name] = bytes === null ? null : Buffer.from(bytes).toString('base64')
  }
  return {
    record: record && { ...record, expiresAt: null },
    events,
    transcripts,
    checkpoints: records.toSorted((left, right) => (left.id < right.id ? -1 : 1)),
    packs,
    inbox: await stores.inbox.list(sessionId),
    costs: await stores.ledger.costs({ sessionId, groupBy: ['run', 'tag', 'user', 'kind'] }),
    entries: await stores.ledger.entries(sessionId, { limit: 1000 }),
  }
}

/** The session's budget: its limit, what is spent, what is presumed. */
export async function budgetOf(stores: WorkspaceStores, sessionId: SessionId): Promise<bigint[]> {
  const budget = (await stores.ledger.budgets()).find(({ id }) => id === sessionId)
  expect(budget).toBeDefined()
  return [budget!.limitNanoUsd, budget!.spentNanoUsd, budget!.presumedNanoUsd]
}
