// A thread of work trees: everything that touches their files happens in such threads, one thing after the other.
import { parentPort, type Transferable } from 'node:worker_threads'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Answer, Question } from './messages.ts'
import { OpenTrees } from './open-trees.ts'
import type { Operations } from './operations.ts'

const port = parentPort!
const trees = new OpenTrees()

port.on('message', ({ number, asked }: Question) => {
  if (asked === 'end') {
    trees.close()
    post({ number, answer: null }, [])
    return port.close()
  }
  const { places, name, request } = asked
  try {
    const answer = trees.use(places, (operations) => (operations[name] as Operation)(request))
    post({ number, answer }, answer instanceof Uint8Array ? [answer.buffer] : [])
  } catch (error) {
    post({ number, error: PerdureError.from(error, 'checkpoint_failed').toJSON() }, [])
  }
  // When the answer is on its way: nobody waits for it.
  setImmediate(() => trees.tidy(places))
})

type Operation = (request: unknown) => ReturnType<Operations[keyof Operations]>

const post = (answer: Answer, transfer: Transferable[]): void => port.postMessage(answer, transfer)
