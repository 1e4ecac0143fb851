import { describe, expect, it } from 'vitest'
import type { CheckpointId, PackName } from '../domain/checkpoint-id.ts'
import { newSessionId } from '../domain/ids.ts'
import type { CheckpointRecord, CheckpointStore } from '../ports/checkpoint-store.ts'
import type { WorkspaceScope } from '../ports/storage.ts'
import { codeOf, foreignScopes } from './contract-samples.ts'

export interface CheckpointStoresUnderTest {
  /** A store of this workspace, in a place that is the same for all of one test. */
  readonly open: () => Promise<(scope: WorkspaceScope) => CheckpointStore>
}

const scope: WorkspaceScope = { organizationId: 'default', workspaceId: 'default' }
const packName = (digit: string): PackName => `pack-${digit.repeat(40)}` as PackName
const id = (digit: string): CheckpointId => `ckpt_${digit.repeat(40)}` as CheckpointId
const record = (digit: string, more: Partial<CheckpointRecord> = {}): CheckpointRecord => ({
  id: id(digit),
  packs: [packName(digit)],
  createdAt: '2026-01-02T03:04:05.000Z',
  ...more,
})

/** What every store of checkpoints must keep. */
export function checkpointStoreContract(backend: CheckpointStoresUnderTest): void {
  const withStore =
    (body: (store: CheckpointStore, of: (scope: WorkspaceScope) => CheckpointStore) => Promise<void>) =>
    async (): Promise<void> => {
      const of = await backend.open()
      await body(of(scope), of)
    }

  describe('checkpoint store', () => {
    it(
      'gives back every byte of a pack, however often it is put',
      withStore(async (store) => {
        const bytes = Uint8Array.from({ length: 300_000 }, (_, place) => (place * 7) % 256)
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
  })
}
