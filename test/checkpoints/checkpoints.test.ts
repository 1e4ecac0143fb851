import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openCheckpoints, type Checkpoints } from '../../src/checkpoints/open-checkpoints.ts'
import type { ScanPolicy } from '../../src/checkpoints/scan/scan-policy.ts'
import { newSessionId } from '../../src/domain/ids.ts'
import { defaultScope } from '../../src/ports/storage.ts'
import { FilesystemCheckpointStore } from '../../src/stores/filesystem/checkpoint-store.ts'
import { MemoryCheckpointStore } from '../../src/stores/memory/checkpoint-store.ts'
import { codeOf } from '../../src/testing/contract-samples.ts'
import { requires } from '../support/require.ts'
import { scratchFolder } from '../support/scratch.ts'
import { differencesBetween, snapshotTree } from '../proofs/snapshot-tree.ts'

interface Place {
  readonly root: string
  readonly folder: string
  readonly checkpoints: Checkpoints
}

function place(policy: Partial<ScanPolicy> = {}): Place {
  const scratch = scratchFolder()
  const [root, folder] = [join(scratch, 'tree'), join(scratch, 'checkpoints')]
  fs.mkdirSync(root)
  const checkpoints = openCheckpoints({ root, folder, policy })
  onTestFinished(() => checkpoints.close())
  return { root, folder, checkpoints }
}

const snapshot = (root: string) => snapshotTree(root, { isUnsaved: () => false })

test('a tree is saved, described, compared and restored', async () => {
  const { root, checkpoints } = place()
  fs.writeFileSync(join(root, 'a.txt'), 'one\ntwo\n')
  fs.writeFileSync(join(root, 'move.txt'), 'moved as it is\n')
  const first = await checkpoints.saveCheckpoint()
  const before = snapshot(root)
  fs.writeFileSync(join(root, 'a.txt'), 'one\nthree\nfour\n')
  fs.renameSync(join(root, 'move.txt'), join(root, 'moved.txt'))
  fs.mkdirSync(join(root, 'src'))
  fs.writeFileSync(join(root, 'src/é.bin'), Buffer.of(0, 1, 2))
  const second = await checkpoints.saveCheckpoint({ parent: first.id })
  expect((await checkpoints.diffCheckpoints(first.id, second.id)).changes).toEqual([
    { type: 'changed', path: 'a.txt', lines: { added: 2, removed: 1 } },
    { type: 'renamed', path: 'moved.txt', from: 'move.txt', lines: { added: 0, removed: 0 } },
    { type: 'added', path: 'src/é.bin', lines: null },
  ])
  expect(await checkpoints.readCheckpoint(second.id)).toMatchObject({ id: second.id, parent: first.id, leftOut: [] })
  const { safety } = await checkpoints.restoreCheckpoint(first.id, { parent: second.id })
  expect(safety).toBe(second.id)
  expect(differencesBetween(before, snapshot(root))).toEqual([])
})

test('a turn without changes is its parent again, and writes nothing', async () => {
  const { root, folder, checkpoints } = place()
  fs.writeFileSync(join(root, 'a'), 'a')
  const { id } = await checkpoints.saveCheckpoint()
  const packs = fs.readdirSync(join(folder, 'objects/pack'))
  expect(await checkpoints.saveCheckpoint({ parent: id })).toMatchObject({ id, isUnchanged: true })
  expect(fs.readdirSync(join(folder, 'objects/pack'))).toEqual(packs)
})

test('what is left out is named, and no restore removes it', async () => {
  const { root, checkpoints } = place({ maxFileBytes: 1000 })
  const first = await checkpoints.saveCheckpoint()
  fs.mkdirSync(join(root, 'app/node_modules/pkg'), { recursive: true })
  fs.writeFileSync(join(root, 'app/node_modules/pkg/index.js'), 'x')
  fs.writeFileSync(join(root, 'app/main.js'), 'x')
  fs.writeFileSync(join(root, 'large'), Buffer.alloc(1001))
  const { leftOut } = await checkpoints.saveCheckpoint({ parent: first.id })
  expect(leftOut).toEqual([
    { path: 'app/node_modules', reason: 'excluded' },
    { path: 'large', reason: 'too_large' },
  ])
  const { leftAlone } = await checkpoints.restoreCheckpoint(first.id)
  expect(leftAlone).toEqual([{ path: 'app', reason: 'not_empty' }])
  expect(fs.existsSync(join(root, 'app/node_modules/pkg/index.js'))).toBe(true)
  expect(fs.existsSync(join(root, 'app/main.js'))).toBe(false)
  expect(fs.statSync(join(root, 'large')).size).toBe(1001)
})

test('a repository is not touched, and a restore across a merge has to be wanted', async () => {
  const { root, checkpoints } = place()
  fs.mkdirSync(join(root, '.git/refs/heads'), { recursive: true })
  fs.writeFileSync(join(root, '.git/HEAD'), 'ref: refs/heads/main\n')
  fs.writeFileSync(join(root, '.git/refs/heads/main'), `${'1'.repeat(40)}\n`)
  fs.writeFileSync(join(root, 'a'), 'before')
  const first = await checkpoints.saveCheckpoint()
  fs.writeFileSync(join(root, '.git/refs/heads/main'), `${'2'.repeat(40)}\n`)
  fs.writeFileSync(join(root, '.git/MERGE_HEAD'), `${'3'.repeat(40)}\n`)
  fs.writeFileSync(join(root, 'a'), 'after')
  const failure = await checkpoints.restoreCheckpoint(first.id).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'checkpoint_git_moved' })
  expect(fs.readFileSync(join(root, 'a'), 'utf8')).toBe('after')
  const { warnings } = await checkpoints.restoreCheckpoint(first.id, { acceptGitWarnings: true })
  expect(warnings.map(({ type, path }) => [type, path])).toEqual([
    ['head_moved', ''],
    ['operation', ''],
  ])
  expect(warnings[1]?.now?.operation).toBe('merge')
  expect(fs.readFileSync(join(root, 'a'), 'utf8')).toBe('before')
  expect(fs.readFileSync(join(root, '.git/refs/heads/main'), 'utf8')).toBe(`${'2'.repeat(40)}\n`)
  expect(fs.existsSync(join(root, '.git/MERGE_HEAD'))).toBe(true)
})

test('git: restore puts a repository back and keeps every object', async () => {
  const { root, checkpoints } = place({ git: 'all' })
  fs.mkdirSync(join(root, '.git/objects/aa'), { recursive: true })
  fs.writeFileSync(join(root, '.git/HEAD'), 'ref: refs/heads/main\n')
  fs.writeFileSync(join(root, '.git/objects/aa/1'), 'old')
  const first = await checkpoints.saveCheckpoint()
  fs.rmSync(join(root, '.git/objects/aa/1'))
  fs.writeFileSync(join(root, '.git/objects/aa/2'), 'new')
  fs.writeFileSync(join(root, '.git/MERGE_HEAD'), 'x')
  await checkpoints.restoreCheckpoint(first.id, { git: 'restore' })
  expect(fs.existsSync(join(root, '.git/MERGE_HEAD'))).toBe(false)
  expect(fs.readdirSync(join(root, '.git/objects/aa')).toSorted()).toEqual(['1', '2'])
  await checkpoints.restoreCheckpoint(first.id, { git: 'exact' })
  expect(fs.readdirSync(join(root, '.git/objects/aa'))).toEqual(['1'])
})

test('repositories that were not saved are not promised back', async () => {
  const { checkpoints } = place()
  const { id } = await checkpoints.saveCheckpoint()
  expect(await codeOf(checkpoints.restoreCheckpoint(id, { git: 'exact' }))).toBe('invalid_request')
})

test('a checkpoint travels through a store to another folder, its history with it', async () => {
  const [here, there] = [place(), place()]
  const journey = {
    store: new FilesystemCheckpointStore({ folder: scratchFolder(), scope: defaultScope }),
    sessionId: newSessionId(),
  }
  fs.mkdirSync(join(here.root, 'empty'))
  fs.writeFileSync(join(here.root, 'large'), Buffer.alloc(9 * 2 ** 20, 'some bytes '))
  fs.symlinkSync('large', join(here.root, 'link'))
  const first = await here.checkpoints.saveCheckpoint()
  fs.appendFileSync(join(here.root, 'large'), 'more')
  fs.chmodSync(join(here.root, 'large'), 0o600)
  const second = await here.checkpoints.saveCheckpoint({ parent: first.id })
  await here.checkpoints.sendCheckpoint(second.id, journey)
  await here.checkpoints.sendCheckpoint(second.id, journey)
  const records = await journey.store.listRecords(journey.sessionId)
  expect(records.map(({ id, parent }) => [id, parent])).toEqual([
    [first.id, undefined],
    [second.id, first.id],
  ])
  expect(new Set(records.flatMap(({ packs }) => packs)).size).toBe(2)
  await there.checkpoints.fetchCheckpoint(second.id, journey)
  await there.checkpoints.restoreCheckpoint(second.id)
  expect(differencesBetween(snapshot(here.root), snapshot(there.root))).toEqual([])
  expect(await there.checkpoints.readCheckpoint(first.id)).toMatchObject({ id: first.id })
})

test('what is incomplete or damaged on the way does not count', async () => {
  const [here, there] = [place(), place()]
  const store = new MemoryCheckpointStore()
  const sessionId = newSessionId()
  fs.writeFileSync(join(here.root, 'a'), 'a'.repeat(1000))
  const { id } = await here.checkpoints.saveCheckpoint()
  await here.checkpoints.sendCheckpoint(id, { store, sessionId })
  const damage = (harm: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | null) => {
    const getPack: typeof store.getPack = async (name) => harm((await store.getPack(name))!)
    const damaged = Object.assign(Object.create(store) as typeof store, {
      getPack,
      getRecord: store.getRecord.bind(store),
    })
    return codeOf(there.checkpoints.fetchCheckpoint(id, { store: damaged, sessionId }))
  }
  expect(await damage(() => null)).toBe('checkpoint_invalid')
  expect(await damage((bytes) => bytes.slice(0, -1))).toBe('checkpoint_invalid')
  expect(await damage((bytes) => bytes.map((byte, place) => (place === 30 ? byte ^ 1 : byte)))).toBe(
    'checkpoint_invalid',
  )
  expect(await codeOf(there.checkpoints.readCheckpoint(id))).toBe('checkpoint_not_found')
  await there.checkpoints.fetchCheckpoint(id, { store, sessionId })
  expect(await there.checkpoints.readCheckpoint(id)).toMatchObject({ id })
})

requires('git').test('git finds nothing to complain about in the packs', async () => {
  const { root, folder, checkpoints } = place({ git: 'all' })
  for (const name of ['.git', 'git~1', '.GITMODULES', '%x', 'a\nb', '.g\u200cit']) {
    fs.mkdirSync(join(root, name, 'below'), { recursive: true })
    fs.writeFileSync(join(root, name, 'file'), name, { mode: 0o4755 })
  }
  fs.writeFileSync(join(root, 'large'), Buffer.alloc(9 * 2 ** 20, 1))
  const first = await checkpoints.saveCheckpoint()
  fs.writeFileSync(join(root, 'new'), 'new')
  await checkpoints.saveCheckpoint({ parent: first.id })
  const output = execFileSync('git', ['--git-dir', folder, 'fsck', '--strict', '--full', '--no-dangling'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  expect(output).toBe('')
})

test('a folder that is not there is named as what it is', async () => {
  const checkpoints = openCheckpoints({ root: '/nowhere/at/all', folder: join(scratchFolder(), 'checkpoints') })
  onTestFinished(() => checkpoints.close())
  expect(await codeOf(checkpoints.saveCheckpoint())).toBe('working_directory_missing')
})
