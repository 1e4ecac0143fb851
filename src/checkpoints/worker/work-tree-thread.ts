import { once } from 'node:events'
import { Worker, type Transferable } from 'node:worker_threads'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { WorkTreePlaces } from '../work-tree.ts'
import type { Answer, Question } from './messages.ts'
import type { Operations } from './operations.ts'

type Request<Name extends keyof Operations> = Parameters<Operations[Name]>[0]

interface Waiting {
  readonly worker: Worker
  readonly resolve: (answer: never) => void
  readonly reject: (error: unknown) => void
}

export interface WorkTreeThreadOptions {
  /** Without a question for so long it ends, and begins anew with the next one. */
  readonly idleMs?: number
}

// Run from the sources in development, and from JavaScript when installed.
const program = new URL(`checkpoint-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

// SQLite, which gives the lock, is a young part of Node.
const execArgv = ['--disable-warning=ExperimentalWarning']

/** Asks the thread of a work tree. It starts with the first question, and keeps no process alive while it has none. */
export class WorkTreeThread {
  readonly #places: WorkTreePlaces
  readonly #idleMs: number | undefined
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #count = 0

  constructor(places: WorkTreePlaces, { idleMs }: WorkTreeThreadOptions = {}) {
    this.#places = places
    this.#idleMs = idleMs
  }

  ask<Name extends keyof Operations>(
    name: Name,
    request: Request<Name>,
    transfer: Transferable[] = [],
  ): Promise<ReturnType<Operations[Name]>> {
    clearTimeout(this.#idle)
    return this.#askOf((this.#worker ??= this.#start()), { name, request, transfer })
  }

  /** Waits for what is under way. A later question begins anew. */
  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    if (worker === undefined) return
    this.#worker = undefined
    const isGone = once(worker, 'exit')
    await this.#askOf(worker, { name: 'close', request: null, transfer: [] })
    // The answer let go of it, and nothing else may keep this process alive until it has ended.
    worker.ref()
    await isGone
  }

  #askOf<Name extends keyof Operations>(
    worker: Worker,
    { name, request, transfer }: { name: Name; request: Request<Name>; transfer: Transferable[] },
  ): Promise<ReturnType<Operations[Name]>> {
    const question: Question = { number: (this.#count += 1), name, request }
    return new Promise((resolve, reject) => {
      this.#waiting.set(question.number, { worker, resolve, reject })
      worker.ref()
      worker.postMessage(question, transfer)
    })
  }

  #start(): Worker {
    const env = { PATH: process.env['PATH'] ?? '' }
    const worker = new Worker(program, { workerData: this.#places, env, execArgv, name: 'perdure-checkpoints' })
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
    if (this.#idleMs === undefined || worker !== this.#worker) return
    // A thread that cannot be closed has ended already.
    this.#idle = setTimeout(() => void this.close().catch(() => {}), this.#idleMs).unref()
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
