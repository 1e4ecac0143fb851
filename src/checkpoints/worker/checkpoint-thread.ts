import { once } from 'node:events'
import { Worker, type Transferable } from 'node:worker_threads'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { WorkTreePlaces } from '../work-tree.ts'
import type { Answer, Question } from './messages.ts'
import type { Operations } from './operations.ts'

type Request<Name extends keyof Operations> = Parameters<Operations[Name]>[0]

/** Asks about one work tree. */
export interface WorkTreeThread {
  ask<Name extends keyof Operations>(
    name: Name,
    request: Request<Name>,
    transfer?: Transferable[],
  ): Promise<ReturnType<Operations[Name]>>
}

interface Waiting {
  readonly worker: Worker
  readonly resolve: (answer: never) => void
  readonly reject: (error: unknown) => void
}

// Run from the sources in development, and from JavaScript when installed.
const program = new URL(`checkpoint-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
// SQLite, which gives the locks, is a young part of Node.
const execArgv = ['--disable-warning=ExperimentalWarning']
/** A thread that is up answers some hundred milliseconds earlier, and keeps some megabytes. */
const idleMs = 60_000

/**
 * A thread in which work trees are saved and restored. It starts with the first question, ends when it has had none for a
 * while, and keeps no process alive while it has none.
 */
export class CheckpointThread {
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #count = 0

  /** Questions without an answer. */
  get load(): number {
    return this.#waiting.size
  }

  of(places: WorkTreePlaces): WorkTreeThread {
    return {
      ask: (name, request, transfer = []) => {
        clearTimeout(this.#idle)
        const worker = (this.#worker ??= this.#start())
        return this.#ask(worker, { places, name, request }, transfer) as never
      },
    }
  }

  /**
   * Waits for what is under way; after `patienceMs` it is cut, which harms no more than the death of the process. A later
   * question begins anew.
   */
  async close({ patienceMs }: { readonly patienceMs?: number } = {}): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    if (worker === undefined) return
    this.#worker = undefined
    const isGone = once(worker, 'exit')
    const timer = patienceMs === undefined ? undefined : setTimeout(() => void worker.terminate(), patienceMs)
    // What is cut has its own error.
    await this.#ask(worker, 'end').catch(() => {})
    clearTimeout(timer)
    // The answer let go of it, and nothing else may keep this process alive until it has ended.
    worker.ref()
    await isGone
  }

  #ask(worker: Worker, asked: Question['asked'], transfer: Transferable[] = []): Promise<unknown> {
    const number = (this.#count += 1)
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { worker, resolve, reject })
      worker.ref()
      worker.postMessage({ number, asked } satisfies Question, transfer)
    })
  }

  #start(): Worker {
    const env = { PATH: process.env['PATH'] ?? '' }
    const worker = new Worker(program, { env, execArgv, name: 'perdure-checkpoints' })
    worker.on('message', (answer: Answer) => this.#settle(worker, answer))
    worker.on('error', (error) => this.#giveUp(worker, error))
    worker.on('exit', () => this.#giveUp(worker, new Error('The thread has ended.')))
    worker.unref()
    return worker
  }

  #settle(worker: Worker, answer: Answer): void {
    const waiting = this.#waiting.get(answer.number)
    this.#waiting.delete(answer.number)
    if (this.#questionsOf(worker).length === 0) this.#rest(worker)
    if ('answer' in answer) return waiting?.resolve(answer.answer as never)
    const { code, message, hint, details } = answer.error
    waiting?.reject(new PerdureError(code, message, { hint, ...(details === undefined ? {} : { details }) }))
  }

  #rest(worker: Worker): void {
    worker.unref()
    if (worker !== this.#worker) return
    // A thread that cannot be closed has ended already.
    this.#idle = setTimeout(() => void this.close().catch(() => {}), idleMs).unref()
  }

  #questionsOf(worker: Worker): [number, Waiting][] {
    return [...this.#waiting].filter(([, waiting]) => waiting.worker === worker)
  }

  #giveUp(worker: Worker, cause: unknown): void {
    if (worker === this.#worker) this.#worker = undefined
    for (const [number, { reject }] of this.#questionsOf(worker)) {
      this.#waiting.delete(number)
      reject(new PerdureError('checkpoint_failed', 'The thread of the work tree ended unexpectedly.', { cause }))
    }
  }
}
