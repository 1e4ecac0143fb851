import { createSealedVault } from '../../gateway/credentials/sealed-vault.ts'
import type { Vault } from '../../ports/vault.ts'
import { openWorkspace, type WorkspaceOptions } from '../open-workspace.ts'
import { masterKeyOf } from './master-key.ts'

/** The secrets of a workspace, in its storage, sealed with the master key of this environment. */
export async function openVault(options: WorkspaceOptions = {}): Promise<Vault> {
  const { stores } = await openWorkspace(options)
  return createSealedVault({
    secrets: stores.sealedSecrets,
    scope: stores.scope,
    masterKey: async (use) => masterKeyOf(process.env, use),
  })
}
