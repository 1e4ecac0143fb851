import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { forgetOldCheckpoints } from '../../src/checkpoints/forget-old-checkpoints.ts'
import { WorkTree as StoredTree } from '../../src/checkpoints/work-tree.ts'
import { openWorkTrees } from '../../src/checkpoints/open-work-trees.ts'
import { forgetLostTrees } from '../../src/checkpoints/worker/forget-lost-trees.ts'
import { WorkTreeThreads } from '../../src/checkpoints/worker/work-tree-threads.ts'
import type { CheckpointId } from '../../src/domain/checkpoint-id.ts'
import { newSessionId, type SessionId } from '../../src/domain/ids.ts'
import { defaultScope } from '../../src/ports/storage.ts'
import type { WorkTree } from '../../src/ports/work-tree.ts'
import { FilesystemCheckpointStore } from '../../src/stores/filesystem/checkpoint-store.ts'
import { MemoryCheckpointStore } from '../../src/stores/memory/checkpoint-store.ts'
import { differencesBetween, snapshotTree } from '../proofs/snapshot-tree.ts'
import { scratchFolder } from '../support/scratch.ts'

/** A machine with its own disk; several of them may share a store. */
function machine(store = new MemoryCheckpointStore()) {
  const dataDirectory = join(scratchFolder(), '.perdure')
  const threads = new WorkTreeThreads()
  onTestFinished(() => threads.close())
  const folder = join(dataDirectory, 'work-trees')
  const trees = openWorkTrees({ folder, dataDirectory, scope: defaultScope, store, threads })
  const open = (root: string, sessionId: SessionId = newSessionId()): WorkTree => trees.open({ sessionId, root })
  return { dataDirectory, folder, store, open }
}

const snapshot = (root: string) => snapshotTree(root, { isUnsaved: () => false })
const packsIn = (folder: string) => fs.globSync('**/*.pack', { cwd: folder })

test('a tree is saved into the storage, and restored from it on a machine that never saw it', async () => {
  const [root, sessionId] = [scratchFolder(), newSessionId()]
  const here = machine()
  fs.writeFileSync(join(root, 'a.txt'), 'one\n')
  const tree = here.open(root, sessionId)
  const first = await tree.save({ parent: null })
  expect(first).toMatchObject({ isUnchanged: false, parent: null, leftOut: [], leftOutCount: 0 })
  const before = snapshot(root)
  fs.writeFileSync(join(root, 'b.txt'), 'two\n')
  const second = await tree.save({ parent: first.id })
  expect(await tree.save({ parent: second.id })).toMatchObject({ id: second.id, isUnchanged: true })
  expect(await tree.changes(first.id, second.id, { limit: 10 })).toEqual({
    changes: [{ type: 'added', path: 'b.txt', lines: { added: 1, removed: 0 } }],
    more: 0,
  })

  const there = machine(here.store)
  const elsewhere = join(scratchFolder(), 'not', 'there')
  const other = there.open(elsewhere, sessionId)
  expect(await other.changes(first.id, second.id, { limit: 10 })).toMatchObject({ changes: [{ path: 'b.txt' }] })
  const { safety } = await other.restore(first.id, { parent: second.id, git: 'keep', acceptGitWarnings: false })
  expect(differencesBetween(before, snapshot(elsewhere))).toEqual([])
  expect(await here.store.getRecord(sessionId, safety)).not.toBeNull()
})

test('sessions of one folder share what is known of its files; each has its own checkpoints', async () => {
  const root = scratchFolder()
  const { open, folder, store } = machine()
  fs.writeFileSync(join(root, 'large.txt'), 'x'.repeat(100_000))
  await open(root).save({ parent: null })
  const packs = packsIn(folder)
  const other = newSessionId()
  const { id } = await open(root, other).save({ parent: null })
  // Within one second it is the same checkpoint, else another of the same files.
  expect(packsIn(folder).length).toBeLessThanOrEqual(packs.length + 1)
  const record = await store.getRecord(other, id)
  expect(record?.packs.some((name) => packs.some((path) => path.endsWith(`${name}.pack`)))).toBe(true)
  const inherited = await open(root, other).save({ parent: id })
  expect(inherited.isUnchanged).toBe(true)
})

test('a parent that is nowhere any more is passed over', async () => {
  const root = scratchFolder()
  const { open } = machine()
  const lost = `ckpt_${'0'.repeat(40)}` as never
  expect(await open(root).save({ parent: lost })).toMatchObject({ parent: null, isUnchanged: false })
})

test('the data directory is not saved, wherever it lies and whatever its name', async () => {
  const root = scratchFolder()
  const dataDirectory = join(root, 'deep', 'data')
  fs.mkdirSync(dataDirectory, { recursive: true })
  fs.writeFileSync(join(dataDirectory, 'perdure.db'), 'all that is known')
  const ownPlaces = [join(root, 'sessions.db')]
  const threads = new WorkTreeThreads()
  onTestFinished(() => threads.close())
  const store = new MemoryCheckpointStore()
  const folder = join(dataDirectory, 'work-trees')
  const tree = openWorkTrees({ folder, dataDirectory, ownPlaces, scope: defaultScope, store, threads }).open({
    sessionId: newSessionId(),
    root,
  })
  const first = await tree.save({ parent: null })
  fs.writeFileSync(join(root, 'deep', 'file'), '')
  fs.writeFileSync(join(dataDirectory, 'perdure.db'), 'more than that')
  fs.writeFileSync(ownPlaces[0]!, 'a database')
  const second = await tree.save({ parent: first.id })
  expect((await tree.changes(first.id, second.id, { limit: 10 })).changes).toMatchObject([{ path: 'deep/file' }])
  expect(second.leftOut).toEqual([])
})

test.each([
  ['the whole disk', () => '/'],
  ['the home folder', () => homedir()],
])('%s is nobody’s work tree', async (_name, root) => {
  await expect(machine().open(root()).save({ parent: null })).rejects.toMatchObject({
    code: 'work_tree_unsuitable',
    hint: expect.stringContaining('turn checkpoints off'),
  })
})

test('a tree with too many files is not saved, and says what to do', async () => {
  const root = scratchFolder()
  for (const name of ['a', 'b', 'c']) fs.writeFileSync(join(root, name), name)
  const tree = machine().open(root)
  await expect(tree.save({ parent: null, policy: { maxFiles: 2 } })).rejects.toMatchObject({
    code: 'work_tree_unsuitable',
    details: { maxFiles: 2 },
  })
  await expect(tree.save({ parent: null, policy: { maxFiles: 3 } })).resolves.toMatchObject({ isUnchanged: false })
})

test('what a policy leaves out is left out beside what is usual', async () => {
  const root = scratchFolder()
  for (const name of ['node_modules', 'fixtures']) fs.mkdirSync(join(root, name))
  const { leftOut } = await machine()
    .open(root)
    .save({ parent: null, policy: { exclude: ['fixtures'] } })
  expect(leftOut).toEqual([
    { path: 'fixtures', reason: 'excluded' },
    { path: 'node_modules', reason: 'excluded' },
  ])
})

test('several processes save one folder at the same time, and none takes another’s work for its own', async () => {
  const root = scratchFolder()
  const { folder, dataDirectory } = machine()
  const programs = Array.from({ length: 3 }, (_, writer) =>
    startSaver({ root, folder, dataDirectory, writer, saves: 8 }),
  )
  const results = await Promise.all(programs)
  for (const { ids, missing } of results) {
    expect(new Set(ids).size).toBe(8)
    expect(missing).toEqual([])
  }
})

async function startSaver(work: Record<string, unknown>): Promise<{ ids: string[]; missing: string[] }> {
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  const program = fileURLToPath(new URL('programs/save-beside-others.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(work)])
  return JSON.parse(stdout) as { ids: string[]; missing: string[] }
}

test('a process that is killed while it has the folder keeps nobody out', async () => {
  const root = scratchFolder()
  const { open, folder } = machine()
  const tree = open(root)
  const { id } = await tree.save({ parent: null })
  const [name = ''] = fs.readdirSync(folder)
  const program = fileURLToPath(new URL('programs/die-with-lock.ts', import.meta.url))
  expect(() => execFileSync(process.execPath, [program, join(folder, name)], { stdio: 'pipe' })).toThrow(
    expect.objectContaining({ signal: 'SIGKILL' }),
  )
  expect(await tree.save({ parent: id })).toMatchObject({ isUnchanged: true })
})

test('what is old is forgotten here, with the packs that nothing else needs, and comes back from the storage', async () => {
  const root = scratchFolder()
  const { folder, open, store } = machine()
  const sessionId = newSessionId()
  fs.writeFileSync(join(root, 'same.txt'), 'the same for ever')
  const ids: CheckpointId[] = []
  for (const text of ['one', 'two', 'three']) {
    fs.writeFileSync(join(root, 'file.txt'), text)
    ids.push((await open(root, sessionId).save({ parent: ids.at(-1) ?? null })).id)
  }
  const [name = ''] = fs.readdirSync(folder)
  const place = join(folder, name)
  const packs = packsIn(place).length
  const old = new Date(Date.now() - 10_000)
  for (const id of ids.slice(0, 2)) fs.utimesSync(join(place, 'refs/checkpoints', id), old, old)
  const tree = new StoredTree({ root, folder: place })
  forgetOldCheckpoints(tree, { keepMs: 5_000, keepNewest: 1, graceMs: -1 })
  expect(ids.map((id) => tree.has(id))).toEqual([false, false, true])
  expect(tree.contentOf(ids[2]!).id).toBe(ids[2])
  tree.close()
  // The first pack holds the file that never changed.
  expect(packsIn(place)).toHaveLength(packs - 1)
  expect(await store.getRecord(sessionId, ids[0]!)).not.toBeNull()
  expect(await open(root, sessionId).changes(ids[0]!, ids[1]!, { limit: 10 })).toMatchObject({
    changes: [{ type: 'changed', path: 'file.txt' }],
  })
  expect(await open(root, sessionId).save({ parent: ids[2]! })).toMatchObject({ isUnchanged: true })
})

test('a pack of a storage on the same disk lies there once', async () => {
  const root = scratchFolder()
  const dataDirectory = scratchFolder()
  fs.writeFileSync(join(root, 'a.txt'), 'a')
  const store = new FilesystemCheckpointStore({ folder: join(dataDirectory, 'checkpoints'), scope: defaultScope })
  const threads = new WorkTreeThreads()
  onTestFinished(() => threads.close())
  const folder = join(dataDirectory, 'work-trees')
  const trees = openWorkTrees({ folder, dataDirectory, scope: defaultScope, store, threads })
  await trees.open({ root, sessionId: newSessionId() }).save({ parent: null })
  const [here = '', there = ''] = [folder, join(dataDirectory, 'checkpoints')].map((place) =>
    join(place, packsIn(place)[0]!),
  )
  expect(fs.statSync(here).ino).toBe(fs.statSync(there).ino)
})

test('work trees that are gone for a week are forgotten, and nothing else beside them', async () => {
  const { folder, open } = machine()
  const [lost, kept] = [join(scratchFolder(), 'lost'), scratchFolder()]
  fs.mkdirSync(lost)
  for (const root of [lost, kept]) await open(root).save({ parent: null })
  const places = fs.readdirSync(folder)
  fs.mkdirSync(join(folder, 'other'))
  fs.writeFileSync(join(folder, 'other', 'perdure-root'), '/nowhere')
  fs.rmdirSync(lost)
  const long = new Date(Date.now() - 8 * 24 * 60 * 60_000)
  for (const name of fs.readdirSync(folder)) fs.utimesSync(join(folder, name), long, long)
  const keptName = places.find((name) => fs.readFileSync(join(folder, name, 'perdure-root'), 'utf8') === kept)!
  forgetLostTrees(join(folder, keptName))
  expect(fs.readdirSync(folder).toSorted()).toEqual([keptName, 'other'].toSorted())
})

test('files of secrets are left out where that is asked for, and no restore touches them', async () => {
  const root = scratchFolder()
  const tree = machine().open(root)
  for (const name of ['.env', '.env.local', '.environment', 'a.env']) fs.writeFileSync(join(root, name), 'KEY=1')
  const policy = { envFiles: 'leave_out' } as const
  const first = await tree.save({ parent: null, policy })
  expect(first.leftOut).toEqual([
    { path: '.env', reason: 'excluded' },
    { path: '.env.local', reason: 'excluded' },
  ])
  fs.writeFileSync(join(root, '.env'), 'KEY=2')
  fs.rmSync(join(root, 'a.env'))
  // Without a policy, as its parent.
  const second = await tree.save({ parent: first.id })
  expect(second.leftOutCount).toBe(2)
  await tree.restore(first.id, { parent: second.id, git: 'keep', acceptGitWarnings: false })
  expect(fs.readFileSync(join(root, '.env'), 'utf8')).toBe('KEY=2')
  expect(fs.existsSync(join(root, 'a.env'))).toBe(true)
})
