import { openFilesystemStorage } from '../../src/stores/filesystem/open-filesystem-storage.ts'
import { storageContract } from '../../src/testing/contracts.ts'
import { temporaryDirectories } from './temporary-directory.ts'

const newDirectory = temporaryDirectories()

storageContract({ open: (options) => openFilesystemStorage({ folder: newDirectory(), ...options }) })
