import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { putState } from '../../src/checkpoints/checkpoint-content.ts'
import { encodeCommit } from '../../src/checkpoints/objects/git-object.ts'
import { restoreCheckpoint } from '../../src/checkpoints/restore/restore-checkpoint.ts'
import { writeRestoreJournal } from '../../src/checkpoints/restore/restore-journal.ts'
import { keepReference, saveCheckpoint } from '../../src/checkpoints/save-checkpoint.ts'
import { defaultScanPolicy as policy } from '../../src/checkpoints/scan/scan-policy.ts'
import { createOperations } from '../../src/checkpoints/worker/operations.ts'
import { WorkTree } from '../../src/checkpoints/work-tree.ts'
import { checkpointIdOf } from '../../src/domain/checkpoint-id.ts'
import { codeOf } from '../../src/testing/contract-samples.ts'
import { differencesBetween, snapshotTree } from '../proofs/snapshot-tree.ts'
import { requires } from '../support/require.ts'
import { scratchFolder } from '../support/scratch.ts'

function workTree(): WorkTree {
  const scratch = scratchFolder()
  fs.mkdirSync(join(scratch, 'tree'))
  const tree = new WorkTree({ root: join(scratch, 'tree'), folder: join(scratch, 'checkpoints') })
  onTestFinished(() => tree.close())
  return tree
}

const save = (tree: WorkTree) => saveCheckpoint(tree, { policy })
const restore = (tree: WorkTree, target: ReturnType<typeof save>['id']) =>
  restoreCheckpoint(tree, { target, git: 'keep', acceptGitWarnings: false })
const snapshot = ({ root }: WorkTree) => snapshotTree(root, { isUnsaved: () => false })

test('an edit of the same size in the same instant, with the old time put back, is seen every time', () => {
  const tree = workTree()
  const file = join(tree.root, 'a')
  fs.writeFileSync(file, '0000')
  const ids = new Set([save(tree).scan.root.id])
  for (let edit = 1; edit <= 100; edit++) {
    const { atime, mtime } = fs.statSync(file)
    fs.writeFileSync(file, String(edit).padStart(4, '0'))
    fs.utimesSync(file, atime, mtime)
    ids.add(save(tree).scan.root.id)
  }
  expect(ids.size).toBe(101)
})

test('files that did not change are not read again, by another process neither', async () => {
  const tree = workTree()
  for (let file = 0; file < 20; file++) fs.writeFileSync(join(tree.root, `f${file}`), String(file))
  // Until the times of the files are older than the grain of the clock.
  await new Promise((resolve) => setTimeout(resolve, 60))
  save(tree)
  tree.close()
  const next = new WorkTree({ root: tree.root, folder: tree.folder })
  onTestFinished(() => next.close())
  expect(save(next)).toMatchObject({ filesSeen: 20, filesRead: 0 })
  fs.writeFileSync(join(tree.root, 'f7'), 'another')
  expect(save(next)).toMatchObject({ filesSeen: 20, filesRead: 1 })
})

requires('linux').test('pipes and sockets are named, never opened, and stay', () => {
  const tree = workTree()
  spawnSync('mkfifo', [join(tree.root, 'pipe')])
  const { id, leftOut } = save(tree)
  expect(leftOut).toEqual([{ path: 'pipe', reason: 'special' }])
  restore(tree, id)
  expect(fs.lstatSync(join(tree.root, 'pipe')).isFIFO()).toBe(true)
})

test('names that are no text, folders without files and odd modes come back', () => {
  const tree = workTree()
  const at = (name: string): Buffer => Buffer.concat([Buffer.from(`${tree.root}/`), Buffer.from(name, 'latin1')])
  fs.mkdirSync(at('\xff\n.git'))
  fs.mkdirSync(at('empty'), { mode: 0o750 })
  fs.writeFileSync(at('%!'), 'a', { mode: 0o444 })
  fs.writeFileSync(at('caf\xe9'), 'b')
  fs.chmodSync(at('caf\xe9'), 0o4711)
  fs.linkSync(at('caf\xe9'), at('same'))
  fs.symlinkSync(Buffer.from('\xfe', 'latin1'), at('link'))
  const before = snapshot(tree)
  const { id } = save(tree)
  for (const name of fs.readdirSync(tree.root, { encoding: 'buffer' })) {
    fs.rmSync(at(name.toString('latin1')), { recursive: true })
  }
  restore(tree, id)
  expect(differencesBetween(before, snapshot(tree))).toEqual([])
})

requires('linux').test('paths that are too long for the system are saved and restored', () => {
  const tree = workTree()
  // Below a handle, as no path of so many bytes can be named.
  const handles = [fs.openSync(tree.root, 'r')]
  onTestFinished(() => handles.forEach((handle) => fs.closeSync(handle)))
  for (let depth = 0; depth < 25; depth++) {
    const folder = `/proc/self/fd/${handles.at(-1)!}/${'d'.repeat(200)}`
    fs.mkdirSync(folder)
    handles.push(fs.openSync(folder, 'r'))
  }
  const deep = `/proc/self/fd/${handles.at(-1)!}/file`
  fs.writeFileSync(deep, 'deep')
  const { id, leftOut } = save(tree)
  expect(leftOut).toEqual([])
  fs.writeFileSync(deep, 'changed')
  restore(tree, id)
  expect(fs.readFileSync(deep, 'utf8')).toBe('deep')
})

requires('linux').test('folders in thousands of folders are named, and cost nobody the checkpoint', () => {
  const tree = workTree()
  let handle = fs.openSync(tree.root, 'r')
  for (let depth = 0; depth < 3000; depth++) {
    const folder = `/proc/self/fd/${handle}/d`
    fs.mkdirSync(folder)
    const below = fs.openSync(folder, 'r')
    fs.closeSync(handle)
    handle = below
  }
  fs.closeSync(handle)
  const { id, leftOut } = save(tree)
  expect(leftOut.map(({ path, reason }) => [path.split('/').length, reason])).toEqual([[1001, 'too_deep']])
  fs.writeFileSync(join(tree.root, 'd/file'), 'new')
  expect(restore(tree, id)).toMatchObject({ changes: 1, leftAlone: [] })
})

test('a large file is saved in pieces, of which an insertion changes few', () => {
  const tree = workTree()
  const bytes = Buffer.alloc(24 * 2 ** 20)
  for (let place = 0, state = 1; place < bytes.length; place++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0
    bytes[place] = state >>> 16
  }
  fs.writeFileSync(join(tree.root, 'large'), bytes)
  const { id } = save(tree)
  fs.writeFileSync(
    join(tree.root, 'large'),
    Buffer.concat([bytes.subarray(0, 5_000_000), Buffer.from('!'), bytes.subarray(5_000_000)]),
  )
  const { packs } = save(tree)
  expect(packs.map((name) => tree.store.readPack(name).length)).toEqual([
    expect.toSatisfy((size) => size < 9 * 2 ** 20),
  ])
  restore(tree, id)
  expect(fs.readFileSync(join(tree.root, 'large')).equals(bytes)).toBe(true)
})

test('the mode of a file is not changed through its other names outside of the tree', () => {
  const tree = workTree()
  fs.writeFileSync(join(tree.root, 'a'), 'a')
  const { id } = save(tree)
  const outside = join(tree.folder, '../outside')
  fs.linkSync(join(tree.root, 'a'), outside)
  fs.chmodSync(outside, 0o600)
  restore(tree, id)
  expect(fs.statSync(join(tree.root, 'a')).mode & 0o777).toBe(0o644)
  expect(fs.statSync(outside).mode & 0o777).toBe(0o600)
})

test('a folder that became a link out of the tree is a folder again, and nothing is written through it', () => {
  const tree = workTree()
  fs.mkdirSync(join(tree.root, 'src'))
  fs.writeFileSync(join(tree.root, 'src/a'), 'a')
  const { id } = save(tree)
  const outside = join(tree.folder, '../outside')
  fs.mkdirSync(outside)
  fs.rmSync(join(tree.root, 'src'), { recursive: true })
  fs.symlinkSync(outside, join(tree.root, 'src'))
  restore(tree, id)
  expect(fs.readFileSync(join(tree.root, 'src/a'), 'utf8')).toBe('a')
  expect(fs.readdirSync(outside)).toEqual([])
})

test('what is written while a restore is under way is not lost', () => {
  const tree = workTree()
  fs.writeFileSync(join(tree.root, 'a'), 'before')
  const { id } = save(tree)
  fs.writeFileSync(join(tree.root, 'a'), 'after')
  const request = { target: id, git: 'keep', acceptGitWarnings: false } as const
  const beforeChange = (): void => fs.writeFileSync(join(tree.root, 'a'), 'by an agent that was not stopped')
  fs.writeFileSync(join(tree.root, '0'), 'removed first, at which moment the agent writes')
  const failure = (() => restoreCheckpoint(tree, { ...request, beforeChange })) as () => never
  expect(failure).toThrow(expect.objectContaining({ code: 'checkpoint_failed' }))
  expect(fs.readFileSync(join(tree.root, 'a'), 'utf8')).toContain('not stopped')
})

test('the mixture that a killed restore leaves is not saved as a turn', async () => {
  const tree = workTree()
  const { id } = save(tree)
  writeRestoreJournal(tree.folder, { target: id, safety: id, git: 'keep' })
  const operations = createOperations(tree)
  expect(await codeOf(Promise.try(() => operations.save({ policy })))).toBe('checkpoint_unfinished')
  operations.restore({ target: id, git: 'keep', acceptGitWarnings: false })
  expect(operations.save({ policy, parent: id })).toMatchObject({ isUnchanged: true })
})

test.each([
  ['../outside', 'a'],
  ['a', '../outside'],
  ['a', 'b'],
  ['link/file', 'a'],
])('a checkpoint that calls %j and %j one file is refused before anything is touched', (...paths) => {
  const tree = workTree()
  const outside = join(tree.folder, '../outside')
  fs.mkdirSync(outside)
  fs.writeFileSync(join(outside, 'file'), 'outside')
  fs.writeFileSync(join(tree.root, 'a'), 'a')
  fs.symlinkSync(outside, join(tree.root, 'link'))
  const { about, files } = tree.contentOf(save(tree).id)
  const state = putState(tree.store, { files, about: { ...about, hardLinks: [paths] } })
  const commit = encodeCommit({ tree: state, createdAt: new Date() })
  const planted = checkpointIdOf(tree.store.put('commit', commit))
  tree.store.flush()
  keepReference(tree, planted)
  fs.writeFileSync(join(tree.root, 'a'), 'changed')
  expect(() => restore(tree, planted)).toThrow(expect.objectContaining({ code: 'checkpoint_invalid' }))
  expect(fs.readFileSync(join(tree.root, 'a'), 'utf8')).toBe('changed')
  expect(fs.readFileSync(join(outside, 'file'), 'utf8')).toBe('outside')
})

test('a checkpoint that lost a pack is refused before anything is touched', () => {
  const tree = workTree()
  fs.writeFileSync(join(tree.root, 'a'), 'a')
  const first = save(tree)
  fs.rmSync(join(tree.root, 'a'))
  save(tree)
  tree.close()
  for (const end of ['pack', 'idx']) fs.rmSync(join(tree.folder, 'objects/pack', `${first.packs[0]!}.${end}`))
  const later = new WorkTree({ root: tree.root, folder: tree.folder })
  onTestFinished(() => later.close())
  expect(() => restore(later, first.id)).toThrow(expect.objectContaining({ code: 'checkpoint_not_found' }))
  expect(fs.readdirSync(tree.root)).toEqual([])
})

test('what may not be read is named, kept as it was, and never removed', () => {
  const scratch = scratchFolder()
  fs.chmodSync(scratch, 0o777)
  const program = fileURLToPath(new URL('programs/save-unreadable.ts', import.meta.url))
  // Nothing is unreadable for root.
  const isRoot = process.geteuid?.() === 0
  const run = spawnSync(process.execPath, [program, scratch], isRoot ? { uid: 65_534, gid: 65_534, cwd: '/' } : {})
  expect(run.stderr.toString()).toBe('')
  expect(JSON.parse(run.stdout.toString())).toEqual({
    leftOut: [
      { path: 'file', reason: 'unreadable' },
      { path: 'folder', reason: 'unreadable' },
    ],
    leftAlone: [
      { path: 'file', reason: 'not_saved' },
      { path: 'folder', reason: 'not_saved' },
    ],
    restored: 'first',
    file: 'second',
    locked: 'once',
  })
})
