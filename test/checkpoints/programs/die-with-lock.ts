// Takes a folder for itself and is killed.
import { FolderLock } from '../../../src/checkpoints/worker/folder-lock.ts'

new FolderLock(process.argv[2] ?? '').hold(() => {
  process.kill(process.pid, 'SIGKILL')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})
