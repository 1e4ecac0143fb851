// The thread of one work tree: everything that touches its files happens here, one thing after the other.
import { mkdirSync } from 'node:fs'
import { parentPort, workerData, type Transferable } from 'node:worker_threads'
import { PerdureError } from '../../errors/perdure-error.ts'
import { WorkTree, type WorkTreePlaces } from '../work-tree.ts'
import { FolderLock } from './folder-lock.ts'
import { createOperations, type Operations } from './operations.ts'
import type { Answer, Question } from './messages.ts'

const port = parentPort!
const places = workerData as WorkTreePlaces
let opened: { readonly tree: WorkTree; readonly lock: FolderLock; readonly operations: Operations } | undefined

port.on('message', ({ number, name, request }: Question) => {
  try {
    const answer = name === 'close' ? close() : perform(name, request)
    post({ number, answer }, answer instanceof Uint8Array ? [answer.buffer as ArrayBuffer] : [])
  } catch (error) {
    post({ number, error: PerdureError.from(error, 'checkpoint_failed').toJSON() }, [])
  }
  if (name === 'close') port.close()
  // When the answer is on its way: nobody waits for it.
  else setImmediate(keepCache)
})

const post = (answer: Answer, transfer: Transferable[]): void => port.postMessage(answer, transfer)

/** Nobody else uses the folder meanwhile, in this process or another. */
function perform(name: Exclude<keyof Operations, 'close'>, request: unknown): unknown {
  const { tree, lock, operations } = (opened ??= open())
  return lock.hold(() => {
    tree.refresh()
    return (operations[name] as (request: unknown) => unknown)(request)
  })
}

function open() {
  mkdirSync(places.folder, { recursive: true, mode: 0o700 })
  const lock = new FolderLock(places.folder)
  const tree = lock.hold(() => new WorkTree(places))
  return { tree, lock, operations: createOperations(tree) }
}

/** Also when the work tree could never be opened. */
function close(): void {
  opened?.operations.close(null)
  opened?.lock.close()
}

function keepCache(): void {
  try {
    opened?.tree.keepCache()
  } catch {
    // The next process will read the tree anew.
  }
}
