import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { processRuntime } from '../../src/compose/process-runtime.ts'
import { newSessionId } from '../../src/domain/ids.ts'
import {
  createSession,
  exportSession,
  importSession,
  MemoryStorage,
  openSession,
  type Session,
} from '../../src/index.ts'
import { defaultScope } from '../../src/ports/storage.ts'
import { forkSession } from '../../src/runtime/fork-session.ts'
import { scratchFolder } from '../support/scratch.ts'
import { bashTurn } from '../support/bash-turn.ts'

async function rig() {
  const place = { storage: new MemoryStorage(), dataDirectory: scratchFolder(), cwd: scratchFolder() }
  return { ...place, session: await createSession(place) }
}
const read = ({ record }: Session, name: string) => {
  const file = join(record.workingDirectory, name)
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}
const heard = (told: readonly string[]) => told.filter((line) => line.startsWith('user: ')).map((line) => line.slice(6))

it('at an event has files of its own as they were then, and the original goes on unharmed', async () => {
  const { session, dataDirectory, cwd } = await rig()
  const one = await bashTurn(session, 'Alpha', 'echo 1 > a.txt')
  await bashTurn(session, 'Bravo', 'echo 2 > a.txt')
  const fork = await session.fork('From Alpha', { at: one.at })
  expect(fork.record).toMatchObject({ title: 'From Alpha', workingDirectory: join(dataDirectory, 'forks', fork.id) })
  expect([read(fork, 'a.txt'), read(session, 'a.txt')]).toEqual(['1\n', '2\n'])
  const three = await bashTurn(fork, 'Charlie', 'echo 3 > a.txt; echo c > c.txt')
  expect(heard(three.told)).toEqual(['Alpha', 'Charlie'])
  expect([read(fork, 'a.txt'), read(session, 'a.txt'), read(session, 'c.txt')]).toEqual(['3\n', '2\n', null])
  const shared = await session.fork({ at: one.at, files: 'shared' })
  expect(shared.record.workingDirectory).toBe(cwd)
  const beside = await session.fork()
  expect(beside.record.workingDirectory).toBe(cwd)
})

it('outlives its parent: it is forked and rewound where it began, with its files', async () => {
  const { session, storage, dataDirectory } = await rig()
  const one = await bashTurn(session, 'Alpha', 'echo 1 > a.txt')
  await bashTurn(session, 'Bravo', 'echo 2 > a.txt')
  const fork = await session.fork({ at: one.at })
  await session.delete()
  await bashTurn(fork, 'Charlie', 'echo 3 > a.txt')
  const again = await fork.fork({ at: 1 })
  expect(read(again, 'a.txt')).toBe('1\n')
  expect(heard((await bashTurn(again, 'Delta')).told)).toEqual(['Alpha', 'Delta'])
  await fork.rewind(0)
  expect(read(fork, 'a.txt')).toBe('1\n')
  expect(heard((await bashTurn(fork, 'Echo')).told)).toEqual(['Alpha', 'Echo'])
  const found = await openSession(again.id, { storage, dataDirectory })
  await found.rewind(1)
  expect(heard((await bashTurn(found, 'Foxtrot')).told)).toEqual(['Alpha', 'Foxtrot'])
  await found.delete()
  expect(existsSync(found.record.workingDirectory)).toBe(false)
  expect(existsSync(fork.record.workingDirectory)).toBe(true)
})

it('with files of its own at the newest event has them as they are now, in an empty folder that it is given', async () => {
  const { session, cwd } = await rig()
  await bashTurn(session, 'Alpha', 'echo 1 > a.txt')
  writeFileSync(join(cwd, 'by-hand.txt'), 'mine')
  const filled = scratchFolder()
  writeFileSync(join(filled, 'there.txt'), 'there')
  const refused = { code: 'working_directory_not_empty' }
  await expect(session.fork({ workingDirectory: filled })).rejects.toMatchObject(refused)
  await expect(session.fork({ workingDirectory: join(filled, 'there.txt') })).rejects.toMatchObject(refused)
  const both = { workingDirectory: scratchFolder(), files: 'shared' } as const
  await expect(session.fork(both)).rejects.toMatchObject({ code: 'invalid_request' })
  const workingDirectory = join(scratchFolder(), 'new', 'place')
  const fork = await session.fork('Elsewhere', { files: 'own', workingDirectory })
  expect(fork.record.workingDirectory).toBe(workingDirectory)
  expect([read(fork, 'a.txt'), read(fork, 'by-hand.txt')]).toEqual(['1\n', 'mine'])
})

it('that fails leaves neither a session nor a folder', async () => {
  const { session, storage, dataDirectory } = await rig()
  const { sessions, ...stores } = (await storage.open()).workspace(defaultScope)
  const failing = { read: () => Promise.resolve([]), append: () => Promise.reject(new Error('killed')) }
  const forking = forkSession(
    { stores: { ...stores, sessions, events: failing as never }, driver: processRuntime().driver },
    { from: session.id, newId: newSessionId(), title: null },
  )
  await expect(forking).rejects.toThrow('killed')
  expect(await sessions.list()).toHaveLength(1)
  await expect(session.fork({ files: 'own', git: 'exact' })).rejects.toMatchObject({ code: 'invalid_request' })
  expect(existsSync(join(dataDirectory, 'forks')) ? readdirSync(join(dataDirectory, 'forks')) : []).toEqual([])
})

it('at a message that nothing had followed says it again', async () => {
  const { session } = await rig()
  await bashTurn(session, 'Alpha', null)
  await bashTurn(session, 'Bravo', null)
  const [, bravo] = await session.events({ types: ['user.message'] })
  const fork = await session.fork({ at: bravo!.id })
  const again = await bashTurn(fork, undefined)
  expect(again.told).toEqual(['user: Alpha', 'assistant: Heard: Alpha', 'user: Bravo'])
})

it('keeps what a rewind left: a branch that was left is forked with its files', async () => {
  const { session } = await rig()
  const one = await bashTurn(session, 'Alpha', 'echo 1 > a.txt')
  const two = await bashTurn(session, 'Bravo', 'echo 2 > a.txt')
  mkdirSync(join(session.record.workingDirectory, 'empty'))
  const { sequence } = await session.rewind(one.at)
  await bashTurn(session, 'Charlie')
  const left = await session.fork({ at: two.at })
  expect(read(left, 'a.txt')).toBe('2\n')
  expect(heard((await bashTurn(left, 'Delta')).told)).toEqual(['Alpha', 'Bravo', 'Delta'])
  // What was there before the rewind, and in no turn.
  const before = await session.fork({ at: sequence - 1 })
  expect(existsSync(join(before.record.workingDirectory, 'empty'))).toBe(true)
})

it('brought from an archive into a folder of its own, is rewound there and not where its original works', async () => {
  const { session, storage, dataDirectory, cwd } = await rig()
  const one = await bashTurn(session, 'Alpha', 'echo 1 > a.txt')
  await bashTurn(session, 'Bravo', 'echo 2 > a.txt')
  const archive = join(scratchFolder(), 'session.tar.gz')
  await exportSession(session, archive)
  writeFileSync(join(cwd, 'by-hand.txt'), 'mine')
  const into = join(scratchFolder(), 'copy')
  const { session: copy } = await importSession(archive, { storage, dataDirectory, asNew: true, into })
  expect((await copy.rewind(one.at)).files).toMatchObject({ workingDirectory: into })
  expect([read(copy, 'a.txt'), read(session, 'a.txt'), read(session, 'by-hand.txt')]).toEqual(['1\n', '2\n', 'mine'])
})
