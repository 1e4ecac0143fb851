import { once } from 'node:events'
import { Worker, type Transferable } from 'node:worker_threads'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Answer, Question, WorkerPlaces } from './messages.ts'
import type { Operations } from './operations.ts'

type Request<Name extends keyof Operations> = Parameters<Operations[Name]>[0]

interface Waiting {
  readonly resolve: (answer: never) => void
  readonly reject: (error: unknown) => void
}

// Run from the sources in development, and from JavaScript when installed.
const program = new URL(`checkpoint-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/** Asks the thread of a work tree. It starts with the first question, and keeps no process alive while it has none. */
export class WorkTreeThread {
  readonly #places: WorkerPlaces
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #count = 0

  constructor(places: WorkerPlaces) {
    this.#places = places
  }

  ask<Name extends keyof Operations>(
    name: Name,
    request: Request<Name>,
    transfer: Transferable[] = [],
  ): Promise<ReturnType<Operations[Name]>> {
    const worker = (this.#worker ??= this.#start())
    const question: Question = { number: (this.#count += 1), name, request }
    return new Promise((resolve, reject) => {
      this.#waiting.set(question.number, { resolve, reject })
      worker.ref()
      worker.postMessage(question, transfer)
    })
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    const isGone = once(worker, 'exit')
    await this.ask('close', null)
    // The answer let go of it, and nothing else may keep this process alive until it has ended.
    worker.ref()
    await isGone
  }

  #start(): Worker {
    const env = { PATH: process.env['PATH'] ?? '' }
    const worker = new Worker(program, { workerData: this.#places, env, execArgv: [], name: 'perdure-checkpoints' })
    worker.on('message', (answer: Answer) => this.#settle(worker, answer))
    worker.on('error', (error) => this.#giveUp(error))
    worker.on('exit', () => this.#giveUp(new Error('The thread has ended.')))
    worker.unref()
    return worker
  }

  #settle(worker: Worker, answer: Answer): void {
    const waiting = this.#waiting.get(answer.number)
    this.#waiting.delete(answer.number)
    if (this.#waiting.size === 0) worker.unref()
    if ('answer' in answer) return waiting?.resolve(answer.answer as never)
    const { code, message, hint, details } = answer.error
    waiting?.reject(new PerdureError(code, message, { hint, ...(details === undefined ? {} : { details }) }))
  }

  #giveUp(cause: unknown): void {
    this.#worker = undefined
    for (const { reject } of this.#waiting.values()) {
      reject(new PerdureError('checkpoint_failed', 'The thread of the work tree ended unexpectedly.', { cause }))
    }
    this.#waiting.clear()
  }
}
