// The thread of one work tree: everything that touches its files happens here, one thing after the other.
import { parentPort, workerData, type Transferable } from 'node:worker_threads'
import { PerdureError } from '../../errors/perdure-error.ts'
import { WorkTree } from '../work-tree.ts'
import { createOperations, type Operations } from './operations.ts'
import type { Answer, Question, WorkerPlaces } from './messages.ts'

const port = parentPort!
let opened: { readonly tree: WorkTree; readonly operations: Operations } | undefined

port.on('message', ({ number, name, request }: Question) => {
  try {
    const answer = name === 'close' ? close() : (open()[name] as (request: unknown) => unknown)(request)
    post({ number, answer }, answer instanceof Uint8Array ? [answer.buffer as ArrayBuffer] : [])
  } catch (error) {
    post({ number, error: PerdureError.from(error, 'checkpoint_failed').toJSON() }, [])
  }
  if (name === 'close') port.close()
  // When the answer is on its way: nobody waits for it.
  else setImmediate(keepCache)
})

const post = (answer: Answer, transfer: Transferable[]): void => port.postMessage(answer, transfer)

function open(): Operations {
  if (opened !== undefined) return opened.operations
  const tree = new WorkTree(workerData as WorkerPlaces)
  opened = { tree, operations: createOperations(tree) }
  return opened.operations
}

/** Also when the work tree could never be opened. */
function close(): void {
  opened?.operations.close(null)
}

function keepCache(): void {
  try {
    opened?.tree.keepCache()
  } catch {
    // The next process will read the tree anew.
  }
}
