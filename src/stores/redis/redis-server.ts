import { setTimeout as delay } from 'node:timers/promises'
import { Outage } from '../outages/outage.ts'
import { storageClosed } from '../outages/storage-closed.ts'
import type { RedisArgument, RedisConnection } from './redis-connection.ts'
import { failureKind, isUnknownScript, NoAnswerError, storageFailure } from './redis-failure.ts'
import type { RedisSettings } from './redis-options.ts'
import type { RedisScript } from './scripts/define-script.ts'

const longestPauseMs = 500

/** One server as its stores see it: it may go away for a while, and nothing but time is lost. */
export class RedisServer {
  readonly connection: RedisConnection
  readonly #settings: RedisSettings
  readonly #outage: Outage
  readonly #underWay = new Set<Promise<unknown>>()
  #isClosed = false

  constructor(connection: RedisConnection, settings: RedisSettings) {
    this.connection = connection
    this.#settings = settings
    this.#outage = new Outage({ timeoutMs: settings.outageTimeoutMs })
  }

  get place(): string {
    return this.connection.place
  }

  /** Waits for a server that starts, but not for one that is not there. @throws {PerdureError} `storage_failed`. */
  async assertThere(): Promise<void> {
    await this.#whileReachable(() => this.connection.send(['PING']), isStarting)
  }

  /** A command that may be sent again, because it reads, or does the same twice. @throws {PerdureError} */
  command(command: readonly RedisArgument[]): Promise<unknown> {
    return this.#whileReachable(() => this.connection.send(command))
  }

  /** The same, with texts of the reply as bytes. */
  commandForBytes(command: readonly RedisArgument[]): Promise<unknown> {
    return this.#whileReachable(() => this.connection.sendForBytes(command))
  }

  /** A script that may be sent again. @throws {PerdureError} `storage_failed`, `storage_busy`. */
  evaluate(script: RedisScript, { key, args }: { key: string; args: readonly RedisArgument[] }): Promise<unknown> {
    return this.#whileReachable(async () => {
      try {
        return await this.connection.send(['EVALSHA', script.sha, '1', key, ...args])
      } catch (error) {
        // A server that was started anew has forgotten it.
        if (!isUnknownScript(error)) throw error
        return this.connection.send(['EVAL', script.source, '1', key, ...args])
      }
    })
  }

  /** Takes no more, and waits for what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#underWay)
    await this.connection.close()
  }

  #whileReachable<Result>(attempt: () => Promise<Result>, isWorthWaiting = isUnreachable): Promise<Result> {
    if (this.#isClosed) return Promise.reject(storageClosed())
    const answer = this.#tryUntil(attempt, isWorthWaiting)
    this.#underWay.add(answer)
    const over = (): boolean => this.#underWay.delete(answer)
    answer.then(over, over)
    return answer
  }

  async #tryUntil<Result>(
    attempt: () => Promise<Result>,
    isWorthWaiting: (error: unknown) => boolean,
  ): Promise<Result> {
    const patience = this.#outage.begin()
    for (let tried = 0; ; tried++) {
      try {
        const result = await this.#inTime(attempt())
        patience.answered()
        return result
      } catch (error) {
        if (!isWorthWaiting(error) || !patience.mayTryAgain()) throw storageFailure(error, this.place)
        // Another server may be the one that takes writes now; who connects anew finds it.
        if (isReadOnly(error)) this.connection.giveUp()
      }
      const pauseMs = Math.min(20 * 2 ** tried, longestPauseMs) * (0.5 + Math.random() / 2)
      await delay(pauseMs)
    }
  }

  /** A server that is there and does not answer is away. */
  #inTime<Result>(answer: Promise<Result>): Promise<Result> {
    const { busyTimeoutMs } = this.#settings
    return new Promise<Result>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.connection.giveUp()
        reject(new NoAnswerError(`no answer within ${busyTimeoutMs} ms`))
      }, busyTimeoutMs)
      answer.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }
}

const isUnreachable = (error: unknown): boolean => failureKind(error) === 'unreachable'

const isReadOnly = (error: unknown): boolean => error instanceof Error && error.message.startsWith('READONLY')

const isStarting = (error: unknown): boolean => error instanceof Error && error.message.startsWith('LOADING')
