import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SandboxProvider } from '../ports/sandbox.ts'
import type { Storage } from '../ports/storage.ts'
import { createLocalSandboxProvider } from '../sandboxes/local/local-provider.ts'
import { openEmbeddedStorage } from './storage/open-embedded-storage.ts'
import { reapPrivateFolders } from './private-folders.ts'
import { LazyStorage } from './storage/lazy-storage.ts'

/** One data directory: the database, and what running agents leave on the disk for the next start to find. */
export class DataDirectory extends LazyStorage {
  readonly path: string
  readonly sandboxes: SandboxProvider

  constructor(path: string) {
    super(() => openDirectory(path))
    this.path = path
    this.sandboxes = createLocalSandboxProvider({ stateDirectory: path })
  }
}

async function openDirectory(path: string): Promise<Storage> {
  const [storage] = await Promise.all([openEmbeddedStorage({ dataDirectory: path }), reapPrivateFolders()])
  // What is in here is nobody's source code.
  await writeFile(join(path, '.gitignore'), '*\n')
  return storage
}
