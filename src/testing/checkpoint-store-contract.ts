import { randomBytes } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { CheckpointId, PackName } from '../domain/checkpoint-id.ts'
import { newSessionId } from '../domain/ids.ts'
import type { CheckpointRecord, CheckpointStore } from '../ports/checkpoint-store.ts'
import type { WorkspaceScope } from '../ports/storage.ts'
import {
  codeOf,
  foreignScopes,
  newSession,
  pause,
  scopeA,
  withStorage,
  type StorageUnderTest,
} from './contract-samples.ts'

export interface CheckpointStoresUnderTest {
  /** A store of this workspace, in a place that is the same for all of one test. */
  readonly open: () => Promise<(scope: WorkspaceScope) => CheckpointStore>
}

const packName = (digit: string): PackName => `pack-${digit.repeat(40)}` as PackName
const id = (digit: string): CheckpointId => `ckpt_${digit.repeat(40)}` as CheckpointId
const record = (digit: string, more: Partial<CheckpointRecord> = {}): CheckpointRecord => ({
  id: id(digit),
  packs: [packName(digit)],
  createdAt: '2026-01-02T03:04:05.000Z',
  ...more,
})

/** The same of the store of checkpoints that a storage has, which goes with its sessions. */
export function storedCheckpointsContract(backend: StorageUnderTest): void {
  checkpointStoreContract({
    open: async () => {
      const storage = await backend.open()
      onTestFinished(() => storage.close())
      return (scope) => storage.workspace(scope).checkpoints
    },
  })

  it(
    'checkpoints go with their session, and no others',
    withStorage(backend, async (stores) => {
      const { sessions, checkpoints } = stores
      const [gone, kept] = [await newSession(stores), await newSession(stores)]
      await checkpoints.putPack(packName('a'), Uint8Array.of(1))
      for (const sessionId of [gone, kept]) await checkpoints.putRecord(sessionId, record('a'))
      await sessions.delete(gone)
      expect(await checkpoints.listRecords(gone)).toEqual([])
      expect(await checkpoints.listRecords(kept)).toEqual([record('a')])
    }),
  )

  it(
    'checkpoints go with a session whose time is over',
    withStorage(backend, async (stores) => {
      const { sessions, checkpoints } = stores
      const sessionId = await newSession(stores)
      await checkpoints.putPack(packName('a'), Uint8Array.of(1))
      await checkpoints.putRecord(sessionId, record('a'))
      await sessions.update(sessionId, { ttlSeconds: 0.02 })
      await pause(40)
      expect(await sessions.deleteExpired()).toEqual([sessionId])
      expect(await checkpoints.listRecords(sessionId)).toEqual([])
    }),
  )
}

/** What every store of checkpoints must keep. */
export function checkpointStoreContract(backend: CheckpointStoresUnderTest): void {
  const withStore =
    (body: (store: CheckpointStore, of: (scope: WorkspaceScope) => CheckpointStore) => Promise<void>) =>
    async (): Promise<void> => {
      const of = await backend.open()
      await body(of(scopeA), of)
    }

  describe('checkpoint store', () => {
    it(
      'gives back every byte of a pack, however often it is put',
      withStore(async (store) => {
        const bytes = randomBytes(2_500_001)
        expect(await store.getPack(packName('a'))).toBeNull()
        await Promise.all([store.putPack(packName('a'), bytes), store.putPack(packName('a'), bytes)])
        await store.putPack(packName('a'), bytes)
        expect(Buffer.from((await store.getPack(packName('a')))!).equals(bytes)).toBe(true)
        expect(await store.missingPacks([packName('b'), packName('a'), packName('c')])).toEqual([
          packName('b'),
          packName('c'),
        ])
      }),
    )

    it(
      'keeps no hold of the bytes that it was given or gave',
      withStore(async (store) => {
        const bytes = Uint8Array.of(1, 2, 3)
        await store.putPack(packName('a'), bytes)
        bytes.fill(9)
        ;(await store.getPack(packName('a')))!.fill(8)
        expect([...(await store.getPack(packName('a')))!]).toEqual([1, 2, 3])
      }),
    )

    it(
      'takes a record only with all that it needs',
      withStore(async (store) => {
        const sessionId = newSessionId()
        expect(await codeOf(store.putRecord(sessionId, record('a')))).toBe('storage_failed')
        await store.putPack(packName('a'), Uint8Array.of(1))
        await store.putRecord(sessionId, record('a'))
        await store.putPack(packName('c'), Uint8Array.of(1))
        expect(await codeOf(store.putRecord(sessionId, record('c', { parent: id('b') })))).toBe('storage_failed')
        expect(await store.getRecord(sessionId, id('c'))).toBeNull()
        await store.putRecord(sessionId, record('c', { parent: id('a') }))
        expect(await store.getRecord(sessionId, id('c'))).toEqual(record('c', { parent: id('a') }))
        expect(await store.listRecords(sessionId)).toHaveLength(2)
      }),
    )

    it(
      'leaves a record as it was when it is put again',
      withStore(async (store) => {
        const sessionId = newSessionId()
        await store.putPack(packName('a'), Uint8Array.of(1))
        await store.putRecord(sessionId, record('a'))
        await store.putRecord(sessionId, record('a', { createdAt: '2027-01-01T00:00:00.000Z' }))
        expect(await store.listRecords(sessionId)).toEqual([record('a')])
      }),
    )

    it(
      'lets sessions and workspaces see nothing of each other',
      withStore(async (store, of) => {
        const [one, other] = [newSessionId(), newSessionId()]
        await store.putPack(packName('a'), Uint8Array.of(1))
        await store.putRecord(one, record('a'))
        await store.putRecord(other, record('a'))
        await store.deleteRecords(one)
        expect(await store.listRecords(one)).toEqual([])
        expect(await store.getRecord(other, id('a'))).toEqual(record('a'))
        for (const foreign of foreignScopes.map(of)) {
          expect(await foreign.getPack(packName('a'))).toBeNull()
          expect(await foreign.getRecord(other, id('a'))).toBeNull()
          expect(await foreign.listRecords(other)).toEqual([])
          await foreign.deleteRecords(other)
        }
        expect(await store.listRecords(other)).toEqual([record('a')])
      }),
    )

    it(
      'lists the oldest first, with all packs of each in their order',
      withStore(async (store) => {
        const sessionId = newSessionId()
        for (const digit of 'cab') await store.putPack(packName(digit), Uint8Array.of(1))
        const records = [
          record('c', { packs: [packName('c'), packName('a'), packName('b')] }),
          record('a', { packs: [], parent: id('c') }),
          record('b', { parent: id('a') }),
        ]
        for (const one of records) {
          await store.putRecord(sessionId, one)
          await pause(5)
        }
        expect(await store.listRecords(sessionId)).toEqual(records)
      }),
    )

    it(
      'removes packs that nothing needs, once their time is over, and those of no other workspace',
      withStore(async (store, of) => {
        const sessionId = newSessionId()
        const foreign = of(foreignScopes[0]!)
        for (const digit of 'ab') await store.putPack(packName(digit), Uint8Array.of(1))
        await foreign.putPack(packName('b'), Uint8Array.of(2))
        await store.putRecord(sessionId, record('a'))
        await pause(20)
        expect(await store.deleteUnusedPacks({ graceMs: 3_600_000 })).toBe(0)
        expect(await store.deleteUnusedPacks({ graceMs: 0 })).toBe(1)
        expect(await store.missingPacks([packName('a'), packName('b')])).toEqual([packName('b')])
        expect(await codeOf(store.putRecord(sessionId, record('b')))).toBe('storage_failed')
        await store.putPack(packName('b'), Uint8Array.of(3))
        expect([...(await store.getPack(packName('b')))!]).toEqual([3])
        await store.putRecord(sessionId, record('b'))
        await store.deleteRecords(sessionId)
        await pause(20)
        expect(await store.deleteUnusedPacks({ graceMs: 0 })).toBe(2)
        expect(await store.getPack(packName('a'))).toBeNull()
        expect([...(await foreign.getPack(packName('b')))!]).toEqual([2])
      }),
    )
  })
}
