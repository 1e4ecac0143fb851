import { PerdureError } from '../../errors/perdure-error.ts'

export const storageClosed = (): PerdureError =>
  new PerdureError('storage_failed', 'the storage is closed', {
    hint: 'Close a storage when nothing uses it any more, or make another one.',
  })
