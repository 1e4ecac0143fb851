import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSealedVault, masterKeyBytes } from '../gateway/credentials/sealed-vault.ts'
import type { WorkspaceStores } from '../ports/storage.ts'
import type { Vault } from '../ports/vault.ts'
import { codeOf, foreignScopes, pause, withStorage, type StorageUnderTest } from './contract-samples.ts'

const masterKey = randomBytes(masterKeyBytes)

const vaultOf = ({ sealedSecrets, scope }: WorkspaceStores, key: Uint8Array = masterKey): Vault =>
  createSealedVault({ secrets: sealedSecrets, scope, masterKey: async () => key })

/** What every vault must keep, on the store where it keeps what it has sealed. */
export function vaultContract(backend: StorageUnderTest): void {
  describe('vault', () => {
    it(
      'gives back what was set, replaced and deleted, whatever its letters',
      withStorage(backend, async (stores) => {
        const vault = vaultOf(stores)
        expect(await vault.get('main')).toBeNull()
        for (const value of ['first value', 'zweiter\n🜁', 'x'.repeat(100_000)]) {
          await vault.set('main', value)
          expect(await vaultOf(stores).get('main')).toBe(value)
        }
        expect(await vault.delete('main')).toBe(true)
        expect(await vault.delete('main')).toBe(false)
        expect(await vault.get('main')).toBeNull()
      }),
    )

    it(
      'lists names and times, and no values',
      withStorage(backend, async (stores) => {
        const vault = vaultOf(stores)
        await vault.set('b/second', 'value of the second')
        await vault.set('a.first', 'value of the first')
        const [, before] = await vault.list()
        await pause(5)
        await vault.set('b/second', 'another value')
        const listed = await vault.list()
        expect(listed.map(({ name }) => name)).toEqual(['a.first', 'b/second'])
        expect(listed[1]?.createdAt).toEqual(before?.createdAt)
        expect(listed[1]!.updatedAt.getTime()).toBeGreaterThan(before!.updatedAt.getTime())
        expect(JSON.stringify(listed)).not.toContain('value')
      }),
    )

    it(
      'keeps nothing that can be read, and never the same twice',
      withStorage(backend, async (stores) => {
        const vault = vaultOf(stores)
        await vault.set('main', 'a plain value')
        const sealed = await stores.sealedSecrets.get('main')
        await vault.set('main', 'a plain value')
        expect(await stores.sealedSecrets.get('main')).not.toBe(sealed)
        const parts = sealed!.split('.').map((part) => Buffer.from(part, 'base64').toString('latin1'))
        expect(sealed + parts.join('')).not.toContain('plain')
      }),
    )

    it(
      'stays locked to another key, and when a row was changed or moved',
      withStorage(backend, async (stores, storage) => {
        const vault = vaultOf(stores)
        await vault.set('main', 'a plain value')
        expect(await codeOf(vaultOf(stores, randomBytes(masterKeyBytes)).get('main'))).toBe('vault_locked')
        const sealed = (await stores.sealedSecrets.get('main'))!
        await stores.sealedSecrets.put('other', sealed)
        expect(await codeOf(vault.get('other'))).toBe('vault_locked')
        for (const scope of foreignScopes) {
          const foreign = storage.workspace(scope)
          await foreign.sealedSecrets.put('main', sealed)
          expect(await codeOf(vaultOf(foreign).get('main'))).toBe('vault_locked')
        }
        for (const changed of [
          'v1',
          'v2',
          sealed.slice(0, -8),
          `${sealed.slice(0, -4)}AAAA`,
          sealed.replace('v1', 'v2'),
        ]) {
          await stores.sealedSecrets.put('main', changed)
          expect(await codeOf(vault.get('main'))).toBe('vault_locked')
        }
      }),
    )

    it(
      'is closed to other workspaces in every method',
      withStorage(backend, async (stores, storage) => {
        await vaultOf(stores).set('main', 'a plain value')
        for (const scope of foreignScopes) {
          const foreign = vaultOf(storage.workspace(scope))
          expect(await foreign.get('main')).toBeNull()
          expect(await foreign.list()).toEqual([])
          expect(await foreign.delete('main')).toBe(false)
        }
        expect(await vaultOf(stores).get('main')).toBe('a plain value')
      }),
    )

    it(
      'refuses names that cannot be typed, and empty values',
      withStorage(backend, async (stores) => {
        const vault = vaultOf(stores)
        for (const name of ['', ' ', '-x', 'a b', 'ü', 'x'.repeat(129)])
          expect(await codeOf(vault.set(name, 'a plain value'))).toBe('invalid_request')
        expect(await codeOf(vault.set('main', ''))).toBe('invalid_request')
        expect(await vault.list()).toEqual([])
      }),
    )
  })
}
