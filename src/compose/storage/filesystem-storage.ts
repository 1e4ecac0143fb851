import {
  openFilesystemStorage,
  type FilesystemStorageOptions,
} from '../../stores/filesystem/open-filesystem-storage.ts'
import { LazyStorage } from './lazy-storage.ts'

/** Sessions as plain files in one folder, for the processes of a machine. */
export class FilesystemStorage extends LazyStorage {
  /** Takes the folder, or options. */
  constructor(options: string | FilesystemStorageOptions) {
    super(() => openFilesystemStorage(typeof options === 'string' ? { folder: options } : options))
  }
}
