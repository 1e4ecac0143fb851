import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { SessionId } from '../../src/domain/ids.ts'
import { PostgresStorage, SqliteStorage, type RunAgentOptions } from '../../src/index.ts'
import { defaultScope, type StorageSource, type WorkspaceStores } from '../../src/ports/storage.ts'
import { sampleInput } from '../../src/testing/contract-samples.ts'
import type { Script } from '../../src/testing/index.ts'
import { requires } from '../support/require.ts'
import { scratchFolder } from '../support/scratch.ts'
import { wireMessages } from '../support/wire-messages.ts'
import { Machine, sharedDatabase } from './machine.ts'

const free: RunAgentOptions = {
  tools: ['Bash', 'Write', 'Task', 'Agent'],
  permissionMode: 'bypassPermissions',
  allowDangerouslySkipPermissions: true,
  env: { IS_SANDBOX: '1' },
}
const asking: RunAgentOptions = { tools: ['Bash'], approvals: 'wait' }

const bash = (command: string) => ({ name: 'Bash', input: { command } })

/** A sub-agent is asked, then files are made in all ways. */
const first: Script = {
  rules: [
    { when: { agent: true }, reply: 'The sub-agent knows the word quokka.' },
    {
      when: { toolResult: false },
      reply: {
        tool: { name: 'Agent', input: { description: 'ask', prompt: 'Which word?', subagent_type: 'general-purpose' } },
      },
    },
    {
      when: { toolResult: { text: 'quokka' } },
      reply: {
        tool: bash(
          'mkdir -p deep/er empty && echo "by bash" > deep/er/made.txt && ln -s er/made.txt deep/link && chmod 751 deep/er/made.txt',
        ),
      },
    },
    { reply: 'All is made.' },
  ],
}
const asksFirst: Script = {
  rules: [
    { when: { toolResult: false }, reply: { tool: bash('cat deep/er/made.txt > seen.txt') } },
    { reply: 'Seen.' },
  ],
}
const neverEnds: Script = {
  rules: [
    { when: { toolResult: false }, reply: { tool: bash('echo half > half.txt; sleep 60.25') } },
    { reply: 'Late.' },
  ],
}

async function storesOf(source: StorageSource): Promise<WorkspaceStores> {
  return (await source.open()).workspace(defaultScope)
}

/** What machine A leaves: a turn with a sub-agent and files, a call that waits for a person, a message that waits. */
async function leaveHalfWay(
  machine: Machine,
  source: StorageSource,
): Promise<{ sessionId: SessionId; question: string }> {
  mkdirSync(machine.work)
  const begun = await machine.turn({
    script: first,
    options: { prompt: 'Begin.', cwd: machine.work, userId: 'ada', title: 'Travels', tags: ['far'], ...free },
  })
  expect(begun.outcome).toMatchObject({ status: 'completed', text: 'All is made.' })
  const { sessionId } = begun.outcome
  const stores = await storesOf(source)
  await stores.ledger.setBudget({
    scope: 'session',
    id: sessionId,
    window: 'total',
    limitNanoUsd: 10n ** 12n,
    mode: 'hard',
    thresholds: [],
  })
  const { events, ended } = await machine.do(
    { do: 'turn', script: asksFirst, options: { prompt: 'Look at it.', sessionId, ...asking } },
    (event) => event.type === 'session.status_idle' && event.stop_reason.type === 'requires_action',
  )
  expect(ended).toBeUndefined()
  const idle = events.findLast((event) => event.type === 'session.status_idle')!
  const [question] = idle.stop_reason.type === 'requires_action' ? idle.stop_reason.event_ids : []
  await stores.inbox.put(sessionId, sampleInput('And say goodbye.'), { priority: 'later' })
  return { sessionId, question: question! }
}

/** What must be there on the other machine, whichever way it came. */
async function goOnElsewhere(machine: Machine, session: { sessionId: SessionId; question: string; cwd?: string }) {
  const { sessionId, question, ...place } = session
  const answers: Script = {
    rules: [
      { when: { lastUserText: 'goodbye' }, reply: 'Goodbye.' },
      { when: { toolResult: true }, reply: 'Seen elsewhere.' },
      { reply: 'What?' },
    ],
  }
  const went = await machine.turn({
    script: answers,
    options: { sessionId, ...place, decision: { toolUseId: question, result: 'allow' }, tools: ['Bash'] },
  })
  expect(went.outcome).toMatchObject({ status: 'completed', text: 'Goodbye.' })
  const told = wireMessages(went.asked[0])
  const said = told.filter((line) => line.startsWith('user:'))
  // The agent itself adds the last one where it is asked about a call again.
  expect(said).toEqual(['user: Begin.', 'user: Look at it.', 'user: Continue from where you left off.'])
  expect(told).toContain('assistant: All is made.')
  expect(JSON.stringify(went.asked[0])).toContain('quokka')
  const work = session.cwd ?? machine.work
  expect(readFileSync(join(work, 'deep/link'), 'utf8')).toBe('by bash\n')
  expect(lstatSync(join(work, 'deep/er/made.txt')).mode & 0o777).toBe(0o751)
  expect(readdirSync(join(work, 'empty'))).toEqual([])
  // The call that a person allowed here was asked about there.
  expect(readFileSync(join(work, 'seen.txt'), 'utf8')).toBe('by bash\n')
}

async function expectBooksToHold(source: StorageSource, sessionId: SessionId): Promise<void> {
  const { ledger, events, transcripts, sessions, inbox } = await storesOf(source)
  const record = (await sessions.get(sessionId))!
  expect(record).toMatchObject({ title: 'Travels', tags: ['far'] })
  expect(await inbox.list(sessionId)).toEqual([])
  expect(await events.read(sessionId, { types: ['perdure.files_restored'] })).toHaveLength(1)
  const users = (await events.read(sessionId, { types: ['perdure.run_started'] })).map((event) =>
    event.type === 'perdure.run_started' ? event.user_id : undefined,
  )
  expect(new Set(users)).toEqual(new Set(['ada']))
  const [costs] = await ledger.costs({ sessionId, groupBy: ['user'] })
  expect(costs).toMatchObject({ group: { user: 'ada' } })
  expect(costs!.costNanoUsd).toBeGreaterThan(0n)
  const budget = (await ledger.budgets()).find(({ id }) => id === sessionId)!
  expect([budget.limitNanoUsd, budget.spentNanoUsd]).toEqual([10n ** 12n, costs!.costNanoUsd])
  const subpaths = await transcripts.listSubpaths(record.agentSessionId!)
  expect(subpaths.length).toBeGreaterThan(0)
  const spoken = await Promise.all(
    subpaths.map((subpath) => transcripts.load({ agentSessionId: record.agentSessionId!, subpath })),
  )
  expect(JSON.stringify(spoken)).toContain('quokka')
}

const { test } = requires('bubblewrap')

test('two machines that share only a PostgreSQL: what one left in the middle, the other finishes', async () => {
  const folder = scratchFolder()
  const roots = scratchFolder()
  const { inside, outside } = await sharedDatabase(folder)
  const source = new PostgresStorage(outside)
  const place = { roots, storage: { PERDURE_DATABASE_URL: inside } }
  const [here, there, third] = ['here', 'there', 'third'].map((name) => new Machine(name, place)) as [
    Machine,
    Machine,
    Machine,
  ]
  const left = await leaveHalfWay(here, source)
  const cwd = there.work
  await goOnElsewhere(there, { ...left, cwd })
  await expectBooksToHold(source, left.sessionId)

  // Killed in the middle of a call, whose result nobody knows: the third machine does not do it again.
  const { sessionId } = left
  await there.do(
    { do: 'turn', script: neverEnds, options: { prompt: 'Take long.', sessionId, cwd, ...free } },
    (event) => event.type === 'agent.tool_use',
  )
  const resumed = await third.do({ do: 'resume', sessionId, cwd: third.work })
  expect(resumed.ended).toMatchObject({ id: sessionId, status: 'idle', workingDirectory: third.work })
  expect(readFileSync(join(third.work, 'seen.txt'), 'utf8')).toBe('by bash\n')
  expect(existsSync(join(third.work, 'half.txt'))).toBe(false)
  const { outcome, events } = await third.turn({
    script: { rules: [{ reply: 'Here I am.' }] },
    options: { prompt: 'Where are you?', sessionId, ...free },
  })
  expect(outcome).toMatchObject({ status: 'completed', text: 'Here I am.' })
  expect(events.some(({ type }) => type === 'perdure.files_restored')).toBe(false)
  const log = await (await storesOf(source)).events.read(sessionId)
  expect(log.filter(({ type }) => type === 'perdure.tool_results_unknown')).toHaveLength(1)
  expect(log.map(({ sequence }) => sequence)).toEqual(log.map((_, index) => index + 1))
  await source.close()
}, 240_000)

test('two machines that share nothing: one archive carries the session', async () => {
  const roots = scratchFolder()
  const post = scratchFolder()
  const [here, there] = ['here', 'there'].map((name) => new Machine(name, { roots })) as [Machine, Machine]
  const dataOf = (machine: Machine) => new SqliteStorage({ dataDirectory: join(machine.root, 'data') })
  const source = dataOf(here)
  const left = await leaveHalfWay(here, source)
  await source.close()
  const file = join(post, 'session.tar.gz')
  await here.do({ do: 'export', sessionId: left.sessionId, file })
  const { ended } = await there.do({ do: 'import', file, into: there.work })
  expect(ended).toBe(left.sessionId)
  await goOnElsewhere(there, left)
  const goal = dataOf(there)
  await expectBooksToHold(goal, left.sessionId)
  await goal.close()
}, 240_000)
