import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSession, listSessions, openSession, SqliteStorage } from '../../src/index.ts'
import { sampleEvents } from '../../src/testing/contract-samples.ts'
import { call, jsonLines, scratchFolder } from './command-line.ts'

/** Two data directories, with sessions in the first. */
async function twoPlaces(titles: readonly string[]) {
  const root = scratchFolder()
  const [here, there] = [join(root, 'here'), join(root, 'there')]
  const storage = new SqliteStorage({ dataDirectory: here })
  const sessions = []
  for (const title of titles) {
    const session = await createSession({ storage, title, tags: [title], cwd: root })
    const stores = (await storage.open()).workspace({ organizationId: 'default', workspaceId: 'default' })
    await stores.events.append(session.id, sampleEvents(3), { fence: 0 })
    sessions.push(session.id)
  }
  await storage.close()
  const session = (...args: readonly string[]) => call(['session', ...args], { cwd: root })
  const titlesIn = async (place: string) => {
    const there = new SqliteStorage({ dataDirectory: place })
    const records = (await listSessions({ storage: there })).map((session) => session.record)
    await there.close()
    return records.map(({ title }) => title ?? '').toSorted((left, right) => left.localeCompare(right))
  }
  return { root, here, there, sessions, session, titlesIn }
}

test('sessions are moved by id, tag, or all of them, and the same command again does no harm', async () => {
  const { here, there, sessions, session, titlesIn } = await twoPlaces(['one', 'two', 'three'])
  const to = ['--data-dir', here, '--to', there] as const
  const moved = await session('move', sessions[0]!, ...to)
  expect(moved).toMatchObject({ exitCode: 0, stdout: `${sessions[0]} is moved (3 events)\n` })
  expect(await session('move', sessions[0]!, ...to)).toMatchObject({ stdout: `${sessions[0]} is moved\n` })
  const [tagged] = jsonLines((await session('move', '--tag', 'two', '--json', ...to)).stdout)
  expect(tagged).toMatchObject({ id: sessions[1], moved: true, events: 3, head: 3 })
  expect((await session('move', '--all', '--from', here, '--to', there)).exitCode).toBe(0)
  expect(await titlesIn(here)).toEqual([])
  expect(await titlesIn(there)).toEqual(['one', 'three', 'two'])
  const back = await session('move', sessions[0]!, sessions[1]!, '--data-dir', there, '--to', here)
  expect(back.exitCode).toBe(0)
  expect(await titlesIn(here)).toEqual(['one', 'two'])
}, 240_000)

test('what cannot be moved is said, and the rest goes', async () => {
  const { here, there, sessions, session, titlesIn } = await twoPlaces(['one'])
  const unknown = 'sesn_01aaaaaaaaaaaaaaaaaaaaaaaa'
  const moved = await session('move', unknown, sessions[0]!, '--data-dir', here, '--to', there)
  expect(moved.exitCode).toBe(2)
  expect(moved.stderr).toContain(`${unknown} stays: There is no session`)
  expect(await titlesIn(there)).toEqual(['one'])
  for (const wrong of [[], [sessions[0]!, '--all'], [sessions[0]!, '--to', 'ftp://there']]) {
    const refused = await session(
      'move',
      '--data-dir',
      here,
      ...(wrong.includes('--to') ? [] : ['--to', there]),
      ...wrong,
    )
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('invalid_request') as string })
  }
  expect((await session('move', sessions[0]!, '--data-dir', there)).stderr).toContain('--to')
  expect((await session('move', sessions[0]!, '--data-dir', there, '--to', there)).stderr).toContain('there already')
}, 240_000)

test('a session is exported and imported, also beside itself', async () => {
  const { root, here, there, sessions, session, titlesIn } = await twoPlaces(['one'])
  const [id] = sessions
  const exported = await session('export', id!, '--data-dir', here)
  expect(exported).toMatchObject({ exitCode: 0, stdout: `${id} is in ${id}.tar.gz\n` })
  const file = join(root, `${id}.tar.gz`)
  expect(existsSync(file)).toBe(true)
  const imported = await session('import', file, '--data-dir', there, '--into', join(root, 'work'))
  expect(imported.stdout).toContain(`${id} is here, in ${join(root, 'work')}\n`)
  expect(imported.stdout).toContain(`--resume ${id}`)
  expect(await session('import', file, '--data-dir', there)).toMatchObject({ exitCode: 2 })
  const [copy] = jsonLines((await session('import', file, '--data-dir', there, '--as-new', '--json')).stdout)
  expect(copy).toMatchObject({ title: 'one', can_go_on: true, parent: { session_id: id, at_sequence: 3 } })
  expect(await titlesIn(there)).toEqual(['one', 'one'])
}, 240_000)

test('a redacted archive is said to be the end of its road, and is', async () => {
  const { root, here, there, sessions, session } = await twoPlaces(['one'])
  const [id] = sessions
  mkdirSync(there)
  const file = join(root, 'readable.tar.gz')
  const exported = await session('export', id!, '--data-dir', here, '--redact', '--output', file)
  expect(exported.stderr).toContain('can be read, and not go on')
  expect((await session('import', file, '--data-dir', there)).stdout).toContain('can be read, and not go on')
  const storage = new SqliteStorage({ dataDirectory: there })
  const imported = await openSession(id!, { storage })
  await expect(imported.run('Go on.', { script: { rules: [{ reply: 'x' }] } })).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('terminated') as string,
  })
  await storage.close()
  const damaged = await session('import', join(root, 'package.json'), '--data-dir', there)
  expect(damaged).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('archive_invalid') as string })
  expect(readFileSync(file).length).toBeGreaterThan(100)
}, 240_000)

test('old sessions are pruned, and counted before', async () => {
  const { here, session, titlesIn } = await twoPlaces(['one', 'two'])
  const prune = (...args: readonly string[]) => session('prune', '--data-dir', here, ...args)
  expect((await prune('--older-than', '1d')).stdout).toBe('0 sessions are removed\n')
  await new Promise((resolve) => setTimeout(resolve, 1100))
  expect((await prune('--older-than', '1s', '--dry-run')).stdout).toContain('2 sessions would be removed\n')
  expect((await prune('--older-than', '1s', '--tag', 'one')).stdout).toMatch(
    /^1\/1 {2}sesn_\w+ {2}one\n1 session is removed\n$/,
  )
  expect(await titlesIn(here)).toEqual(['two'])
  expect((await prune('--expired')).stdout).toBe('0 sessions are removed\n')
  expect((await prune()).exitCode).toBe(2)
  expect((await prune('--older-than', 'soon')).stderr).toContain('30d')
}, 240_000)
