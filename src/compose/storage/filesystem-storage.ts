import {
  openFilesystemStorage,
  type FilesystemStorageOptions,
} from '../../stores/filesystem/open-filesystem-storage.ts'
import { checkStorageOptions, checkStoragePath } from './check-storage-options.ts'
import { LazyStorage } from './lazy-storage.ts'

const example = "new FilesystemStorage('/var/lib/perdure/sessions')"

/** Sessions as plain files in one folder, for the processes of a machine. */
export class FilesystemStorage extends LazyStorage {
  /** Takes the folder, or options. */
  constructor(options: string | FilesystemStorageOptions) {
    super(async () => {
      const named = checkStorageOptions(typeof options === 'string' ? { folder: options } : options, example)
      checkStoragePath(named.folder, example)
      return openFilesystemStorage(named)
    })
  }
}
