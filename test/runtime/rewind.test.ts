import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { newEventId } from '../../src/domain/ids.ts'
import { defaultScope } from '../../src/ports/storage.ts'
import { createSession, MemoryStorage, type Session, type StorageSource, type TurnOptions } from '../../src/index.ts'
import { scriptedModel, type Script } from '../../src/testing/index.ts'
import { scratchFolder } from '../support/scratch.ts'
import { bashTurn, freeAgent } from '../support/bash-turn.ts'
import { wireMessages } from '../support/wire-messages.ts'

const processed_at = '2026-01-01T00:00:00.000Z'

interface Rig {
  readonly storage: StorageSource
  readonly dataDirectory: string
  readonly cwd: string
  readonly session: Session
}

async function rig(): Promise<Rig> {
  const place = { storage: new MemoryStorage(), dataDirectory: scratchFolder(), cwd: scratchFolder() }
  return { ...place, session: await createSession(place) }
}

const read = ({ cwd }: { cwd: string }, name: string) =>
  existsSync(join(cwd, name)) ? readFileSync(join(cwd, name), 'utf8') : null
it('goes back with its files and its words, forward again, and to its beginning', async () => {
  const here = await rig()
  const { session } = here
  const one = await bashTurn(session, 'Alpha', 'echo 1 > a.txt')
  const two = await bashTurn(session, 'Bravo', 'echo 2 > a.txt; echo b > b.txt')
  const back = await session.rewind(one.at)
  expect(back).toMatchObject({ to: one.at, files: { workingDirectory: here.cwd, warnings: [], leftAlone: [] } })
  expect([read(here, 'a.txt'), read(here, 'b.txt')]).toEqual(['1\n', null])
  expect(await session.state()).toMatchObject({
    status: 'idle',
    turns: 2,
    unrestored: null,
    turn: { texts: ['I do: Alpha', 'Done: Alpha'] },
  })
  const three = await bashTurn(session, 'Charlie', 'rm a.txt')
  expect(three.told).toEqual([
    'user: Alpha',
    'assistant: I do: Alpha',
    'call Bash',
    'result',
    'assistant: Done: Alpha',
    'user: Charlie',
  ])
  expect(read(here, 'a.txt')).toBeNull()
  await session.rewind(two.at)
  expect([read(here, 'a.txt'), read(here, 'b.txt')]).toEqual(['2\n', 'b\n'])
  const four = await bashTurn(session, 'Delta')
  expect(four.told.filter((line) => line.startsWith('user'))).toEqual(['user: Alpha', 'user: Bravo', 'user: Delta'])
  await session.rewind(0)
  expect([read(here, 'a.txt'), read(here, 'b.txt')]).toEqual([null, null])
  const five = await bashTurn(session, 'Echo')
  expect(five.told).toEqual(['user: Echo'])
  await session.rewind(three.at)
  const six = await bashTurn(session, 'Foxtrot')
  expect(six.told.filter((line) => line.startsWith('user'))).toEqual(['user: Alpha', 'user: Charlie', 'user: Foxtrot'])
  expect((await session.events()).map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: six.at }, (_, index) => index + 1),
  )
})

it('in the middle of a turn ends with the last thing that is whole, and says again what nothing had followed', async () => {
  const here = await rig()
  const { session } = here
  await bashTurn(session, 'Alpha')
  await bashTurn(session, 'Bravo', 'echo 2 > a.txt')
  const events = await session.events()
  const sequenceOf = (type: string) => events.findLast((event) => event.type === type)!.sequence
  await session.rewind(sequenceOf('agent.tool_use'))
  expect(read(here, 'a.txt')).toBeNull()
  const cut = await bashTurn(session, 'Charlie')
  expect(cut.told.filter((line) => !line.includes('No response'))).toEqual([
    'user: Alpha',
    'assistant: Heard: Alpha',
    'user: Bravo',
    'assistant: I do: Bravo',
    'user: Charlie',
  ])
  await session.rewind({ to: sequenceOf('agent.tool_result'), files: false })
  const whole = await bashTurn(session, 'Delta')
  expect(whole.told.slice(2, 6)).toEqual(['user: Bravo', 'assistant: I do: Bravo', 'call Bash', 'result'])
  expect(whole.told.join()).not.toMatch(/Charlie|Done: Bravo/)
  await session.rewind({ to: sequenceOf('user.message'), files: false })
  const model = scriptedModel([{ reply: 'Otherwise.' }])
  const outcome = await session.run(undefined, { ...freeAgent, upstream: model })
  expect(outcome).toMatchObject({ status: 'completed', text: 'Otherwise.' })
  expect(wireMessages(model.requests[0]?.body)).toEqual(['user: Alpha', 'assistant: Heard: Alpha', 'user: Bravo'])
  expect((await session.events()).filter(({ type }) => type === 'user.message')).toHaveLength(4)
})

it('to a call that waits for a person lets it be decided again, otherwise than before', async () => {
  const here = await rig()
  const { session } = here
  const script: Script = {
    rules: [
      { when: { toolResult: false }, reply: { tool: { name: 'Bash', input: { command: 'echo yes > a.txt' } } } },
      { reply: 'Settled.' },
    ],
  }
  const asking: TurnOptions = { tools: ['Bash'], upstream: scriptedModel(script), approvals: 'stop' }
  expect(await session.run('Write it.', asking)).toMatchObject({ status: 'requires_action' })
  const waiting = (await session.state()).lastSequence
  const [id] = (await session.state()).awaitingApproval
  expect(await session.deny(id!, 'No.', asking)).toMatchObject({ status: 'completed' })
  expect(read(here, 'a.txt')).toBeNull()
  await session.rewind(waiting)
  expect(await session.state()).toMatchObject({ awaitingApproval: [id], stopReason: { type: 'requires_action' } })
  expect(await session.approve(id!, asking)).toMatchObject({ status: 'completed', text: 'Settled.' })
  expect(read(here, 'a.txt')).toBe('yes\n')
  expect(await session.state()).toMatchObject({ awaitingApproval: [], openTools: {} })
})

it('is refused while the session is driven, to what is no event, and to files that nobody saved', async () => {
  const { session } = await rig()
  await session.run('Alpha', { ...freeAgent, upstream: scriptedModel([{ reply: 'Heard.' }]), checkpoints: 'off' })
  await expect(session.rewind(1)).rejects.toMatchObject({ code: 'checkpoint_not_found' })
  await expect(session.rewind(999)).rejects.toMatchObject({ code: 'invalid_request' })
  await expect(session.rewind('sevt_none')).rejects.toMatchObject({ code: 'invalid_request' })
  const model = scriptedModel([{ reply: { text: 'Slow.', delayMs: 1500 } }])
  const run = session.run('Bravo', { ...freeAgent, upstream: model })
  for await (const { type } of run) {
    if (type === 'session.status_running') {
      await expect(session.rewind({ to: 0, files: false })).rejects.toMatchObject({ code: 'lease_held' })
    }
  }
  expect(await run).toMatchObject({ status: 'completed', text: 'Slow.' })
})

it('leaves the files alone where it is told to, and tells later rewinds what they were', async () => {
  const here = await rig()
  const { session } = here
  const one = await bashTurn(session, 'Alpha', 'echo 1 > a.txt')
  await bashTurn(session, 'Bravo', 'echo 2 > a.txt')
  const { sequence, files } = await session.rewind({ to: one.at, files: false })
  expect([files, read(here, 'a.txt')]).toEqual([null, '2\n'])
  await bashTurn(session, 'Charlie', 'echo 3 > a.txt')
  await session.rewind(sequence)
  expect(read(here, 'a.txt')).toBe('2\n')
  await session.rewind((await session.events()).find(({ id, type }) => type === 'user.message' && id !== '')!.id)
  expect(read(here, 'a.txt')).toBeNull()
})

it('finds a conversation that was cleared, and the one that came after', async () => {
  const { session } = await rig()
  const one = await bashTurn(session, 'Alpha')
  const cleared = await bashTurn(session, '/clear')
  const two = await bashTurn(session, 'Bravo')
  expect(two.told).toEqual(['user: Bravo'])
  const saidTo = async (to: number) => {
    await session.rewind(to)
    return (await bashTurn(session, 'Charlie')).told.filter((line) => line.startsWith('user: '))
  }
  expect(await saidTo(one.at)).toEqual(['user: Alpha', 'user: Charlie'])
  expect(await saidTo(two.at)).toEqual(['user: Bravo', 'user: Charlie'])
  expect(await saidTo(cleared.at)).toEqual(['user: Charlie'])
})

it('asks before files part from their repository, and has done nothing then', async () => {
  const here = await rig()
  const { session, cwd } = here
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], { cwd, encoding: 'utf8' })
  git('init', '-q')
  const one = await bashTurn(session, 'Alpha', 'echo 1 > a.txt')
  git('add', '.')
  git('commit', '-qm', 'one')
  await bashTurn(session, 'Bravo', 'echo 2 > a.txt')
  await expect(session.rewind(one.at)).rejects.toMatchObject({ code: 'checkpoint_git_moved' })
  expect(read(here, 'a.txt')).toBe('2\n')
  const told = async (prompt: string) =>
    (await bashTurn(session, prompt)).told.filter((line) => line.startsWith('user: '))
  expect(await told('Charlie')).toEqual(['user: Alpha', 'user: Bravo', 'user: Charlie'])
  const { files } = await session.rewind({ to: one.at, acceptGitWarnings: true })
  expect(files?.warnings).toMatchObject([{ type: 'head_moved' }])
  expect(read(here, 'a.txt')).toBe('1\n')
  expect(git('log', '--format=%s')).toBe('one\n')
  expect(await told('Delta')).toEqual(['user: Alpha', 'user: Delta'])
})

it('after a run that died says nothing again that was said on the branch it leaves, and all that still waits', async () => {
  const { session, storage } = await rig()
  const one = await bashTurn(session, 'Alpha')
  const { events, leases, inbox } = (await storage.open()).workspace(defaultScope)
  const dead = { host: hostname(), processId: 2 ** 22 + 1, startedAt: 'never', runId: 'run_dead' }
  const { fence } = await leases.acquire(session.id, { owner: dead, ttlMs: 60_000 })
  const message = (text: string) => ({
    type: 'user.message' as const,
    id: newEventId(),
    processed_at: null,
    content: [{ type: 'text' as const, text }],
    perdure: { sdk_uuid: randomUUID() },
  })
  const began = {
    type: 'perdure.run_started',
    id: newEventId(),
    run_id: 'run_dead',
    agent: 'claude',
    upstream: 'script',
    working_directory: session.record.workingDirectory,
    model: null,
    fence,
    processed_at,
  } as const
  await events.append(session.id, [began, { ...message('Lost.'), processed_at }], { fence })
  await inbox.put(session.id, message('Waiting.'))
  await leases.release({ sessionId: session.id, fence })
  await session.rewind(one.at)
  expect(await session.state()).toMatchObject({ run: null, status: 'idle' })
  const two = await bashTurn(session, undefined)
  expect(two.told.filter((line) => line.startsWith('user: '))).toEqual(['user: Alpha', 'user: Waiting.'])
})

it('goes where the files were taken, and not to what stands in their old place', async () => {
  const { session, cwd } = await rig()
  const one = await bashTurn(session, 'Alpha', 'echo 1 > a.txt')
  await bashTurn(session, 'Bravo', 'echo 2 > a.txt')
  // Another machine, which has a folder of that name.
  writeFileSync(join(cwd, 'a.txt'), 'of somebody else')
  const there = join(scratchFolder(), 'there')
  await session.resume({ cwd: there })
  expect((await session.rewind(one.at)).files).toMatchObject({ workingDirectory: there })
  expect(read({ cwd: there }, 'a.txt')).toBe('1\n')
  expect(read({ cwd }, 'a.txt')).toBe('of somebody else')
})
