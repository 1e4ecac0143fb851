import { resolve } from 'node:path'
import type { Storage } from '../../ports/storage.ts'
import { openObjectStorage, type ObjectStorageOptions } from '../objects/open-object-storage.ts'
import { FolderBucket } from './folder-bucket.ts'

export interface FilesystemStorageOptions extends ObjectStorageOptions {
  /** Made when it is missing, for its owner alone. */
  readonly folder: string
}

/** How often followers look for what other processes have written. */
const defaultPollMs = 250

/** Opens the stores in a folder, which processes of one machine may share. @throws {PerdureError} `storage_failed`. */
export async function openFilesystemStorage({ folder, ...options }: FilesystemStorageOptions): Promise<Storage> {
  const bucket = new FolderBucket(folder)
  await bucket.open()
  const storage = openObjectStorage(bucket, { pollMs: defaultPollMs, ...options })
  return { ...storage, ownPlaces: [resolve(folder)] }
}
